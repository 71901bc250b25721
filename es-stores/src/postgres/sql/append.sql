SELECT before, positions, standing_streams, standing_ids, standing_positions
FROM {schema}.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
