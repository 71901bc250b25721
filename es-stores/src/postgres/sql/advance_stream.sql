WITH stream AS (
    UPDATE {schema}.streams
    SET version = version + $4::bigint
    WHERE name = $1::text AND version = $3::bigint
    RETURNING id, version - $4::bigint AS before
)
