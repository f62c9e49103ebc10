drop table zishu.likes;
drop function zishu.count_likes();
