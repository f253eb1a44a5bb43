-- name: similar_prepare
SELECT feature.prepare_soccer_moment();

-- name: similar_there
-- Is there a table of this name for moments, and which pgvector?
SELECT to_regclass('feature.' || quote_ident($1)) IS NOT NULL AS is_there,
       (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector;

-- name: similar_cursors
-- Real matches of a sport that no cursor of this pipeline follows yet get one.
INSERT INTO ops.cursor (match_id, pipeline)
SELECT m.match_id, $1 FROM log.match m
WHERE m.origin IN ('live', 'import') AND m.sport = $2
  AND NOT EXISTS (SELECT FROM ops.cursor c WHERE c.pipeline = $1 AND c.match_id = m.match_id)
ON CONFLICT DO NOTHING;

-- name: similar_outdated
-- Cursors of versions that no file has any more.
DELETE FROM ops.cursor WHERE pipeline LIKE 'similar:%' AND pipeline <> ALL ($1);

-- name: similar_fence
-- Is the match ours still, and where we think it is? Held until the end of the transaction.
SELECT true FROM ops.cursor c JOIN log.match m USING (match_id)
WHERE c.pipeline = $1 AND c.match_id = $2 AND c.lease_epoch = $3 AND c.version = $4 AND m.version >= $5
FOR UPDATE OF c;

-- name: similar_moved
-- The match is done up to a version, and not looked at again for a while: all of it is computed each time.
UPDATE ops.cursor
SET version = $3, recompute_at = NULL, lease_expires_at = NULL, parked_at = NULL, parked_reason = NULL,
    parked_version = NULL, attempts = 0, retry_at = clock_timestamp() + make_interval(secs => $4)
WHERE pipeline = $1 AND match_id = $2;

-- name: similar_at_once
-- Nothing of a pipeline waits for its time; $2: and everything is computed anew.
UPDATE ops.cursor SET retry_at = NULL, version = CASE WHEN $2 THEN 0 ELSE version END
WHERE pipeline = $1 AND (retry_at IS NOT NULL OR $2);

-- name: similar_release
UPDATE ops.cursor SET lease_expires_at = NULL WHERE pipeline LIKE 'similar:%' AND lease_owner = $1;

-- name: similar_matches_of_event
-- Matches whose log has an event of this id, real ones first; $2: of this match alone. Each stream of each match is a look
-- into the index of identities.
SELECT m.match_id, m.origin IN ('live', 'import') AS is_real
FROM log.match m
WHERE ($2::text IS NULL OR m.match_id = $2) AND EXISTS (
    SELECT FROM log.stream s JOIN log.identity i
        ON i.match_id = s.match_id AND i.provider = s.provider AND i.role = s.role AND i.source_event_id = $1
    WHERE s.match_id = m.match_id)
ORDER BY is_real DESC, m.match_id LIMIT 5;

-- name: similar_xg
-- xG of shots by what is on air, as (match, event, xG).
SELECT e.match_id, e.event_id, p.value
FROM unnest($1::text[], $2::text[]) AS e (match_id, event_id)
JOIN signal.point p ON p.match_id = e.match_id AND p.signal = 'xg' AND p.anchor = 'event:' || e.event_id
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
WHERE p.value IS NOT NULL AND p.status <> 'withdrawn';

-- name: similar_lag
-- How far the moments of a sport ($2) are behind the log of its real matches, those without a cursor of the pipeline ($1) among
-- them; is_there: is there a table ($3) to write them into. lag_s: age of the oldest event that they do not hold.
SELECT to_regclass('feature.' || quote_ident($3::text)) IS NOT NULL AS is_there,
       count(*) FILTER (WHERE m.version > coalesce(c.version, 0)) AS waiting_matches,
       coalesce(sum(m.version - coalesce(c.version, 0)), 0)::bigint AS waiting_events,
       count(*) FILTER (WHERE c.parked_at IS NOT NULL) AS parked_matches,
       coalesce(extract(epoch FROM clock_timestamp() - min(e.recorded_at)), 0)::double precision AS lag_s
FROM log.match m
LEFT JOIN ops.cursor c ON c.match_id = m.match_id AND c.pipeline = $1::text
LEFT JOIN LATERAL (
    SELECT f.recorded_at FROM log.feed_event f
    WHERE f.match_id = m.match_id AND f.version = coalesce(c.version, 0) + 1 AND m.version > coalesce(c.version, 0)
    LIMIT 1) e ON true
WHERE m.sport = $2::text AND m.origin IN ('live', 'import');
