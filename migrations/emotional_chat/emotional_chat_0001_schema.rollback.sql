drop schema emotional_chat;
