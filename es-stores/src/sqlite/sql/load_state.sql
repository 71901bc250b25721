SELECT version, time, data FROM states WHERE stream = ?1 AND data IS NOT NULL
