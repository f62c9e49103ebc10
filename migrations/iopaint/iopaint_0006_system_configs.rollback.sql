drop table iopaint.system_configs;
