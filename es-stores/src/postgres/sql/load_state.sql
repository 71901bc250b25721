SELECT version, time, data FROM {schema}.states WHERE stream = $1 AND data IS NOT NULL
