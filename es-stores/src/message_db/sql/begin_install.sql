-- One installation at a time; the role is the server's, not the database's.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'message_store')
FROM (SELECT pg_advisory_xact_lock(hashtext('es_stores::message_db::install'))) AS locked
