drop table emotional_chat.system_logs;
