drop function common.refuse_write();
