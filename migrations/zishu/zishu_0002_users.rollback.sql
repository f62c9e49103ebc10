drop table zishu.users;
