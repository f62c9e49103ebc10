drop table zishu.forums;
