drop table emotional_chat.chat_sessions;
