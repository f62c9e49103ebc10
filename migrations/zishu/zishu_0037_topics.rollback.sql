drop table zishu.topics;
drop function zishu.count_topics();
