drop table zishu.package_templates;
