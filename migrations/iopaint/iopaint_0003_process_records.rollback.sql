drop table iopaint.process_records;
