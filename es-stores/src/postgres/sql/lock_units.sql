SELECT pg_advisory_xact_lock(hashtextextended('es-stores units of {schema}', 0))
