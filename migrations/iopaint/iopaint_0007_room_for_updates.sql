-- Room on each page for the new versions of its rows, where what is in no index changes all day:
-- the progress of a task, what a person may still use, their last login.
--
-- A version that finds room beside the old one is written to no index. Costs a tenth more disk.
-- Locks: share update exclusive, for no time; no rewrite. Full pages get their room as rows move.
-- depends: iopaint_0003_process_records

alter table iopaint.users set (fillfactor = 90);
alter table iopaint.process_records set (fillfactor = 90);
