-- name: open_gaps
-- Holes in the numbers of a match's providers, the newest first.
SELECT s.provider, lower(r) AS first, upper(r) - 1 AS last, s.gap_since AS since
FROM log.feed_sequence s, unnest(s.missing) AS r
WHERE s.match_id = $1 AND s.gap_since IS NOT NULL
ORDER BY lower(r) DESC, s.provider LIMIT $2;

-- name: missing_messages
-- How many messages are missing of each match and provider with a hole, those with the newest first.
SELECT s.match_id, s.provider, sum(upper(r) - lower(r)) AS messages
FROM log.feed_sequence s, unnest(s.missing) AS r
WHERE s.gap_since IS NOT NULL
GROUP BY s.match_id, s.provider, s.role
ORDER BY max(s.gap_since) DESC LIMIT $1;

-- name: held_gaps
-- What is known of the numbers of a match's providers (of one, or of all), held until the transaction ends: no message
-- is noted meanwhile. $3: a number of theirs; `upto` are the messages in holes up to it, `hole` says that it has not come.
SELECT s.provider, s.role, s.high, (SELECT count(*) FROM unnest(s.missing)) AS holes,
       coalesce((SELECT sum(upper(r) - lower(r)) FROM unnest(s.missing) AS r), 0)::bigint AS messages,
       lower(s.missing) AS first, upper(s.missing) - 1 AS last, s.missing @> $3::bigint AS hole,
       coalesce((SELECT sum(upper(r) - lower(r))
                 FROM unnest(s.missing * int8multirange(int8range(1, $3::bigint + 1))) AS r), 0)::bigint AS upto
FROM log.feed_sequence s WHERE s.match_id = $1 AND ($2::text IS NULL OR s.provider = $2)
ORDER BY s.provider, s.role FOR UPDATE;

-- name: close_gaps
-- Gives up every hole of one provider: $4 messages are counted as lost, and numbers go on after $5.
UPDATE log.feed_sequence SET missing = '{}', gap_since = NULL, given_up = given_up + $4, high = $5
WHERE match_id = $1 AND provider = $2 AND role = $3;
