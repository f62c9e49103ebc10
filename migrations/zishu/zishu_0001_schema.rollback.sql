drop schema zishu;
