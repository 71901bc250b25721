WITH stream AS (
    INSERT INTO {schema}.streams (version, name, category)
    VALUES ($3::bigint + $4::bigint, $1::text, $2::text)
    ON CONFLICT (name) DO NOTHING
    RETURNING id, version - $4::bigint AS before
)
