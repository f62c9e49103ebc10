drop table emotional_chat.chat_messages;
drop function emotional_chat.count_messages();
