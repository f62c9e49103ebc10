drop table zishu.conversations;
