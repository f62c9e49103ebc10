drop table zishu.adapter_categories;
