drop table emotional_chat.knowledge;
