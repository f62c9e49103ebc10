drop table zishu.character_expressions;
