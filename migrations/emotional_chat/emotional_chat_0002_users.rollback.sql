drop table emotional_chat.users;
