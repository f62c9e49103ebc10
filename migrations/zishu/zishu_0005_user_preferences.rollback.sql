drop table zishu.user_preferences;
