drop table zishu.user_permissions;
