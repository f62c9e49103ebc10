drop table emotional_chat.emotion_analysis;
drop function emotional_chat.copy_speaker_and_time();
