-- name: feature_declare
SELECT feature.declare($1, $2::text::jsonb);

-- name: feature_places
-- Every feature that has a place in `numbers`, retired ones included.
SELECT entity_kind, feature, place, dtype, unit, description, ttl_s, feature_group, retired_at IS NOT NULL AS retired
FROM feature.declared WHERE sport = $1 ORDER BY entity_kind, place;

-- name: feature_cursors
-- Real matches that no cursor of features follows yet get one: replays and simulations would count everything twice.
INSERT INTO ops.cursor (match_id, pipeline)
SELECT m.match_id, 'features' FROM log.match m
WHERE m.origin IN ('live', 'import') AND m.sport = ANY ($1)
  AND NOT EXISTS (SELECT FROM ops.cursor c WHERE c.pipeline = 'features' AND c.match_id = m.match_id)
ON CONFLICT DO NOTHING;

-- name: feature_commit
SELECT feature.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: feature_stored
-- The newest rows of a match from a moment on: one an entity and moment.
SELECT DISTINCT ON (entity_kind, entity_id, event_timestamp)
       entity_kind, entity_id, event_timestamp, created_timestamp, numbers
FROM feature.history WHERE match_id = $1 AND event_timestamp >= $2
ORDER BY entity_kind, entity_id, event_timestamp, created_timestamp DESC, version DESC;

-- name: feature_recorded
SELECT recorded_at FROM log.feed_event WHERE match_id = $1 AND version = $2;

-- name: feature_earlier
-- How an entity ended up to $6 matches before a moment ($4), the latest first, as it was known at $5. Each step looks for
-- the last row before the kick-off of the match that was found before: a row a match is read, not the whole season.
WITH RECURSIVE ended AS (
    (SELECT h.match_id, h.numbers, m.anchor_at, 1 AS place
     FROM feature.history h JOIN log.match m USING (match_id)
     WHERE h.sport = $1 AND h.entity_kind = $2 AND h.entity_id = $3 AND h.event_timestamp < $4::timestamptz
       AND h.created_timestamp < $5 AND m.anchor_at < $4
     ORDER BY h.event_timestamp DESC, h.created_timestamp DESC, h.version DESC LIMIT 1)
    UNION ALL
    SELECT n.* FROM ended e CROSS JOIN LATERAL (
        SELECT h.match_id, h.numbers, m.anchor_at, e.place + 1
        FROM feature.history h JOIN log.match m USING (match_id)
        WHERE h.sport = $1 AND h.entity_kind = $2 AND h.entity_id = $3 AND h.event_timestamp < e.anchor_at
          AND h.created_timestamp < $5 AND m.anchor_at < e.anchor_at
        ORDER BY h.event_timestamp DESC, h.created_timestamp DESC, h.version DESC LIMIT 1) n
    WHERE e.place < $6
)
SELECT match_id, numbers FROM ended ORDER BY place;

-- name: feature_release
UPDATE ops.cursor SET lease_expires_at = NULL WHERE pipeline = 'features' AND lease_owner = $1;

-- name: feature_quiet
-- Is no match being told right now? Then nobody waits for the CPU.
SELECT NOT EXISTS (SELECT FROM ops.cursor c JOIN log.match m USING (match_id)
                   WHERE c.pipeline = 'live' AND m.origin <> 'import'
                     AND c.lease_renewed_at > clock_timestamp() - INTERVAL '10 seconds');

-- name: feature_online
-- Entities as they stand now, one row each, by kind and id.
SELECT o.sport, o.entity_kind, o.entity_id, o.match_id, o.event_timestamp, o.version, o.updated_at, o.numbers
FROM unnest($1::text[], $2::text[], $3::text[]) AS e (sport, kind, id)
JOIN feature.online o ON o.entity_kind = e.kind AND o.entity_id = e.id AND o.sport = e.sport;

-- name: feature_training
-- The point-in-time join, as finally known: for each moment of the spine the newest row at or before it, at most $5 old.
-- $6, $7: no row that is looked for is before or after, which leaves chunks out before anything is read.
SELECT h.event_timestamp, h.created_timestamp, h.match_id, h.numbers
FROM unnest($3::text[], $4::timestamptz[]) WITH ORDINALITY AS s (id, at, ord)
LEFT JOIN LATERAL (
    SELECT r.* FROM feature.history r
    WHERE r.sport = $1 AND r.entity_kind = $2 AND r.entity_id = s.id
      AND r.event_timestamp <= s.at AND r.event_timestamp >= s.at - $5::interval
      AND r.event_timestamp BETWEEN $6 AND $7
    ORDER BY r.event_timestamp DESC, r.created_timestamp DESC, r.version DESC LIMIT 1) h ON true
ORDER BY s.ord;

-- name: feature_training_seen
-- The same as it was known then: a row that a later message brought, a correction above all, is not seen.
SELECT h.event_timestamp, h.created_timestamp, h.match_id, h.numbers
FROM unnest($3::text[], $4::timestamptz[]) WITH ORDINALITY AS s (id, at, ord)
LEFT JOIN LATERAL (
    SELECT r.* FROM feature.history r
    WHERE r.sport = $1 AND r.entity_kind = $2 AND r.entity_id = s.id
      AND r.event_timestamp <= s.at AND r.event_timestamp >= s.at - $5::interval AND r.created_timestamp <= s.at
      AND r.event_timestamp BETWEEN $6 AND $7
    ORDER BY r.event_timestamp DESC, r.created_timestamp DESC, r.version DESC LIMIT 1) h ON true
ORDER BY s.ord;

-- name: feature_training_plan
-- For this transaction: to prove for every moment anew which chunks cannot have its row costs three times as much as to
-- find nothing in their indexes.
SELECT set_config('timescaledb.enable_runtime_exclusion', 'off', true);

-- name: feature_entities
-- Every entity of a kind of which something is known at a moment.
SELECT DISTINCT entity_id FROM feature.history
WHERE sport = $1 AND entity_kind = $2 AND event_timestamp <= $3 AND event_timestamp >= $3 - $4::interval
ORDER BY entity_id;
