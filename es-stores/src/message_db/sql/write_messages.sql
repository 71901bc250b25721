-- In order; the second column is the global position that was just given out.
SELECT
  message_store.write_message(
    messages.id::varchar,
    messages.stream_name::varchar,
    messages.type::varchar,
    messages.data,
    messages.metadata,
    messages.expected_version
  ),
  currval('message_store.messages_global_position_seq')
FROM (
  SELECT *
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::jsonb[], $6::bigint[])
    WITH ORDINALITY AS m (id, stream_name, type, data, metadata, expected_version, place)
  ORDER BY m.place
) AS messages
