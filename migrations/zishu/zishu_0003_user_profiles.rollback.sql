drop table zishu.user_profiles;
