drop table zishu.message_attachments;
