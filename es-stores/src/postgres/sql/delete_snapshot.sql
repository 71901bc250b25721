DELETE FROM {schema}.snapshots WHERE stream = $1
