drop table zishu.follows;
drop function zishu.count_followers();
