drop function common.refuse_loop();
