drop table zishu.adapters;
