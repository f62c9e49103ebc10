drop table iopaint.user_sessions;
