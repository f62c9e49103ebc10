drop table zishu.file_permissions;
