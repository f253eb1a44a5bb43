-- name: graphics_sport
SELECT sport FROM log.match WHERE match_id = $1;

-- name: graphics_add
-- The number of a target; what is there already is configured anew. Plays from before are not shown by it.
INSERT INTO ops.graphics_target (match_id, url, graphics, fallback, stale_after_s, principal, licence_scope, shown_seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT coalesce(max(pub_seq), 0) FROM signal.publication))
ON CONFLICT (match_id, url) DO UPDATE
SET graphics = excluded.graphics, fallback = excluded.fallback, stale_after_s = excluded.stale_after_s
RETURNING target_id;

-- name: graphics_list
SELECT target_id, match_id, url, graphics, fallback, stale_after_s, principal, created_at, delivered, failures, dropped,
       breaker, is_stale, last_delivered_at, last_ms, last_error
FROM ops.graphics_target WHERE $1::text IS NULL OR match_id = $1 ORDER BY target_id;

-- name: graphics_remove
DELETE FROM ops.graphics_target WHERE target_id = $1 AND ($2::text IS NULL OR match_id = $2) RETURNING match_id, url;

-- name: graphics_audit
INSERT INTO ops.audit (principal, licence_scope, action, match_id, details) VALUES ($1, $2, $3, $4, $5::jsonb);

-- name: graphics_targets
-- What is to be sent where, for the sender.
SELECT t.target_id, t.match_id, t.url, t.graphics, t.fallback, t.stale_after_s, t.shown_seq, m.sport
FROM ops.graphics_target t JOIN log.match m USING (match_id) ORDER BY t.target_id;

-- name: graphics_lock
SELECT pg_try_advisory_lock($1);

-- name: graphics_term
-- A term above every one before it. Not below the clock either, so that it is so after a restore as well.
INSERT INTO ops.graphics_sender AS s (term, holder) VALUES (extract(epoch FROM clock_timestamp())::bigint, $1)
ON CONFLICT (only_row) DO UPDATE
SET term = greatest(s.term + 1, excluded.term), holder = excluded.holder, since = clock_timestamp()
RETURNING term;

-- name: graphics_scene
-- The picture of a match and the current values of some signals, as of one commit; how far its log and its scoring are.
SELECT s.version, m.version AS log_version, extract(epoch FROM s.updated_at)::double precision AS at,
       s.home_id, s.away_id, s.home_name AS home, s.away_name AS away, s.home_score, s.away_score, s.period, s.elapsed_s,
       s.clock_display, s.status, s.details::text AS details,
       (SELECT coalesce(json_agg(v), '[]')::text FROM (
           SELECT DISTINCT ON (p.signal, p.subject) p.signal, p.subject, p.value, p.status
           FROM signal.point p
           JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
           WHERE p.match_id = $1 AND p.signal = ANY ($2)
           ORDER BY p.signal, p.subject, p.period DESC, p.elapsed_s DESC, p.order_key DESC
       ) v) AS values
FROM signal.match_state s JOIN log.match m USING (match_id) WHERE s.match_id = $1;

-- name: graphics_shown
UPDATE ops.graphics_target SET shown_seq = greatest(shown_seq, $2) WHERE target_id = $1;

-- name: graphics_report
UPDATE ops.graphics_target
SET delivered = delivered + $2, failures = failures + $3, dropped = dropped + $4, breaker = $5, is_stale = $6,
    last_delivered_at = CASE WHEN $2 > 0 THEN clock_timestamp() ELSE last_delivered_at END,
    last_ms = coalesce($7, last_ms), last_error = $8
WHERE target_id = $1;
