-- How the server is brought to show what it makes of a statement.

-- name: show_trees()^
-- Has each statement's tree sent as a message, and kept out of the server's log where that can be;
-- gives what the settings were.
with settings as materialized (
    select
        current_setting('debug_print_rewritten') as rewritten,
        current_setting('debug_pretty_print') as pretty,
        current_setting('client_min_messages') as client,
        current_setting('log_min_messages') as log
)
select
    settings.rewritten,
    settings.pretty,
    settings.client,
    settings.log,
    set_config('debug_print_rewritten', 'on', false),
    set_config('debug_pretty_print', 'off', false),
    set_config('client_min_messages', 'log', false),
    case
        when current_setting('is_superuser')::boolean
            then set_config('log_min_messages', 'panic', false)
    end
from settings;

-- name: hide_trees(rewritten, pretty, client, log)^
-- Puts the settings back.
select
    set_config('debug_print_rewritten', :rewritten, false),
    set_config('debug_pretty_print', :pretty, false),
    set_config('client_min_messages', :client, false),
    case
        when current_setting('is_superuser')::boolean
            then set_config('log_min_messages', :log, false)
    end;
