SELECT version, time, fingerprint, state FROM snapshots WHERE stream = ?1
