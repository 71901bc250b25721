SELECT current_setting('server_version_num')::int,
       current_setting('server_encoding'),
       to_regclass($1) IS NOT NULL,
       current_setting('fsync')::boolean AND current_setting('synchronous_commit') <> 'off'
