-- Of metadata in Protean's groups only what is read of it: to write out the whole of it costs the
-- server more than all the rest. Any other metadata whole.
  stream_name, position, global_position, time, id, type, data,
  metadata -> 'headers' ->> 'time',
  metadata -> 'domain' -> 'correlation_id',
  metadata -> 'domain' -> 'causation_id',
  metadata -> 'extensions',
  CASE WHEN metadata ? 'headers' AND metadata ? 'domain' THEN NULL ELSE metadata END
