drop table zishu.user_sessions;
