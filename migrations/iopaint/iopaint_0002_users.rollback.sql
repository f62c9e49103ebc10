drop table iopaint.users;
