drop table zishu.adapter_ratings;
drop function zishu.count_adapter_rating();
