SELECT current_setting('server_version_num')::int,
       current_setting('server_encoding'),
       to_regclass($1) IS NOT NULL
