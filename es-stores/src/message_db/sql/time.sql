CASE
    WHEN m.metadata -> 'headers' ->> 'time' ~ '^\d{4}-[01]\d-[0-3]\d[T ][0-2]\d:[0-5]\d:[0-6]\d'
      THEN (m.metadata -> 'headers' ->> 'time')::timestamptz
    ELSE m.time AT TIME ZONE 'UTC'
  END
