drop table zishu.character_voices;
