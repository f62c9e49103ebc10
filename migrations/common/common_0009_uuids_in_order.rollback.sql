drop function common.uuid_in_order();
