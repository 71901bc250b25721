INSERT INTO categories (name) VALUES (?1)
