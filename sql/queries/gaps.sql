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
