drop table zishu.comments;
drop function zishu.count_comments();
