SELECT id, category_id, version FROM streams WHERE name = ?1
