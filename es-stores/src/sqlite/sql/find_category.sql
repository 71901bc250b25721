SELECT id FROM categories WHERE name = ?1
