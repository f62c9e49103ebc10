drop table zishu.adapter_downloads;
drop function zishu.count_adapter_downloads();
