drop table emotional_chat.user_feedback;
