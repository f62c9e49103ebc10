drop table zishu.character_personalities;
