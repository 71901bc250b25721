SELECT version, id, data IS NULL FROM states WHERE stream = ?1
