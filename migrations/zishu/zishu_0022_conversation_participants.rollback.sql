drop trigger conversations_begin_with_their_owner on zishu.conversations;
drop function zishu.join_own_conversation();
drop table zishu.conversation_participants;
