alter table iopaint.process_records reset (fillfactor);
alter table iopaint.users reset (fillfactor);
