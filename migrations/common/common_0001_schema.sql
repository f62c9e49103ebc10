-- What every system shares: functions that need no table, so that each schema stays whole in
-- itself.

create schema common;

comment on schema common is
    'Functions that all systems share. No tables: a schema may be moved to a server of its own.';
