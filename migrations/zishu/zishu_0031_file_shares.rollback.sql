drop table zishu.file_shares;
