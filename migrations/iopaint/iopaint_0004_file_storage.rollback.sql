drop table iopaint.file_storage;
