-- name: skip_event
SELECT source_event_id, was_folded FROM log.skip_event($1, $2, $3, $4);

-- name: skip_undo
SELECT source_event_id, was_folded FROM log.skip_undo($1, $2, $3, $4);

-- name: skip_retry
SELECT log.skip_retry($1);

-- name: hold_cursor
-- What a commit takes first; whoever takes more than one lock on a match begins here too.
SELECT version FROM ops.cursor WHERE match_id = $1 AND pipeline = 'live' FOR UPDATE;

-- name: audit_event
INSERT INTO ops.audit (principal, action, match_id, details) VALUES ($1, $2, $3, $4::jsonb);

-- name: parked_matches
-- Matches whose scoring failed, those parked longest first, with the event that could not be folded where one is known.
SELECT c.match_id AS match, c.parked_at, c.attempts, c.retry_at, c.parked_version AS version, e.source_event_id, e.type,
       c.parked_reason AS reason, m.version - c.version AS waiting
FROM ops.cursor c
JOIN log.match m USING (match_id)
LEFT JOIN log.feed_event e ON e.match_id = c.match_id AND e.version = c.parked_version
WHERE c.pipeline = 'live' AND c.parked_at IS NOT NULL
ORDER BY c.parked_at, c.match_id;

-- name: parked_match
SELECT parked_at, parked_reason, parked_version FROM ops.cursor WHERE match_id = $1 AND pipeline = 'live';

-- name: log_message
-- One message of the log whole, and the skip that holds for it.
SELECT e.version, e.stream_id, e.source_event_id, e.control, e.kind, e.revision, e.provider_revision, e.effective, e.type,
       e.period, e.elapsed_s, e.order_key, e.team_id AS team, e.player_id AS player, e.fields::text AS fields, e.raw,
       e.recorded_at, e.principal, s.provider, s.options::text AS options, k.reason AS skip_reason,
       k.principal AS skip_principal, k.skipped_at
FROM log.feed_event e
JOIN log.stream s USING (stream_id)
LEFT JOIN log.skipped k ON k.match_id = e.match_id AND k.version = e.version AND k.undone_at IS NULL
WHERE e.match_id = $1 AND e.version = $2;

-- name: log_neighbours
-- The events that stand next to a position in match order, as they are known now, $7 on either side.
WITH held AS (
    SELECT version, source_event_id, type, period, elapsed_s, order_key, control, team_id AS team, player_id AS player
    FROM log.current_event($1) WHERE version <> $6
), before AS (
    SELECT * FROM held
    WHERE (period, order_key, control, source_event_id COLLATE "C") < ($2, $3, $4, $5 COLLATE "C")
    ORDER BY period DESC, order_key DESC, control DESC, source_event_id COLLATE "C" DESC LIMIT $7
), after AS (
    SELECT * FROM held
    WHERE (period, order_key, control, source_event_id COLLATE "C") > ($2, $3, $4, $5 COLLATE "C")
    ORDER BY period, order_key, control, source_event_id COLLATE "C" LIMIT $7
)
SELECT * FROM (
    SELECT false AS "after", before.* FROM before
    UNION ALL
    SELECT true, after.* FROM after
) n ORDER BY period, order_key, control, source_event_id COLLATE "C";
