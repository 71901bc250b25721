INSERT INTO streams (name, category_id, version) VALUES (?1, ?2, ?3)
