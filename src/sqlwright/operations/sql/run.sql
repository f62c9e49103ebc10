-- What a named query is run with from the shell.

-- name: speak_plainly()#
-- Values as text that any other server reads as the same, to the end of the transaction.
set local client_encoding = 'UTF8';
set local datestyle = 'ISO';
set local intervalstyle = 'postgres';
set local bytea_output = 'hex';
set local extra_float_digits = 1;

-- name: has_written()$
-- 1 if the transaction has changed anything, or locked a row.
select pg_catalog.count(pg_catalog.pg_current_xact_id_if_assigned());
