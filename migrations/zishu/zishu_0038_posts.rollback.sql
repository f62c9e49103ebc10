drop table zishu.posts;
drop function zishu.count_posts();
drop function zishu.number_post();
