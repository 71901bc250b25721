SELECT coalesce(max(global_position), 0) FROM message_store.messages
