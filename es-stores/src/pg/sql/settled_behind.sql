SELECT count(*), max(position) FILTER (WHERE position = $1 + nth), max(position)
FROM (
    SELECT {position} AS position, row_number() OVER (ORDER BY {position}) AS nth
    FROM {events}
    WHERE {position} > $1
    ORDER BY {position}
    LIMIT $2
) AS behind
