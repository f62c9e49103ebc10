drop table zishu.files;
