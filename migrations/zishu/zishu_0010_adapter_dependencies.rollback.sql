drop table zishu.adapter_dependencies;
drop function zishu.refuse_circular_dependency();
