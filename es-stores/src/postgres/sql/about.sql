-- The size of all tables of the schema, with what belongs to them.
SELECT current_setting('server_version'),
       (SELECT version FROM {schema}.schema_version),
       (
           SELECT sum(pg_total_relation_size(tables.oid))::bigint
           FROM pg_class AS tables
           WHERE tables.relkind = 'r'
             AND tables.relnamespace = (
                 SELECT events.relnamespace FROM pg_class AS events WHERE events.oid = '{schema}.events'::regclass
             )
       )
