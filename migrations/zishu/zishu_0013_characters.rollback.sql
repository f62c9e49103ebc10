drop table zishu.characters;
