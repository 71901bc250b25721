SELECT version, time, fingerprint, state FROM {schema}.snapshots WHERE stream = $1
