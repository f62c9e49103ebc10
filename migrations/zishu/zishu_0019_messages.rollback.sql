drop table zishu.messages;
drop function zishu.recount_message();
drop function zishu.number_message();
