drop table zishu.adapter_versions;
drop function zishu.version_number(text);
