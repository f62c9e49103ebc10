drop table zishu.conversation_contexts;
