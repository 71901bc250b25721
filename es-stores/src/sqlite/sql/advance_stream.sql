UPDATE streams SET version = ?2 WHERE name = ?1
RETURNING id, category_id
