drop table zishu.character_models;
