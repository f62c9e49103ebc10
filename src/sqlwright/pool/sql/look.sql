-- What a server is, in one row: whether it replays another's WAL, and whether it takes writes; how
-- far it has come in bytes of WAL, on the primary what is safe on its disk, on a standby what is
-- replayed; and on which timeline. Only pg_monitor sees which one a standby receives, others that
-- of its last restart point, which follows a promotion some minutes later.
select
    pg_is_in_recovery(),
    not current_setting('transaction_read_only')::boolean,
    coalesce(
        case
            when pg_is_in_recovery() then pg_last_wal_replay_lsn()
            else pg_current_wal_flush_lsn()
        end - '0/0'::pg_lsn,
        0
    )::bigint,
    case
        when pg_is_in_recovery() then
            greatest(
                (select timeline_id from pg_control_checkpoint()),
                (select received_tli from pg_stat_wal_receiver)
            )
        else ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::integer
    end
