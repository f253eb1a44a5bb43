-- name: list_matches
SELECT m.match_id AS id, m.sport, m.origin, m.replay_of, s.home_name AS home, s.home_id, s.away_name AS away, s.away_id,
       coalesce(s.home_score, 0) AS home_score, coalesce(s.away_score, 0) AS away_score, coalesce(s.period, 0) AS period,
       coalesce(s.elapsed_s, 0) AS elapsed_s, coalesce(s.clock_display, '00:00') AS clock_display,
       coalesce(s.status, 'scheduled') AS status, m.anchor_at, coalesce(s.version, 0) AS version,
       coalesce(s.updated_at, m.created_at) AS updated_at
FROM log.match m LEFT JOIN signal.match_state s USING (match_id)
WHERE m.origin = ANY ($1)
  AND ($2::text IS NULL OR m.sport = $2)
  AND ($3::text IS NULL OR coalesce(s.status, 'scheduled') = $3)
  AND ($4::timestamptz IS NULL OR (m.anchor_at, m.match_id) < ($4, $5))
ORDER BY m.anchor_at DESC, m.match_id DESC
LIMIT $6;

-- name: list_events
SELECT version, source_event_id, provider, kind, type, period, elapsed_s, order_key, team, player, fields, recorded_at
FROM log.event_page($1, $2, $3, $4, $5, $6);

-- name: list_points
SELECT p.signal, p.signal_version, p.subject, p.team_id AS team, p.anchor, p.source_event_id, p.value, p.status, p.revision,
       p.period, p.elapsed_s, p.order_key, p.version, p.model
FROM signal.point p
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
WHERE p.match_id = $1
  AND ($2::text[] IS NULL OR p.signal = ANY ($2))
  AND ($3::int IS NULL OR (p.period, p.elapsed_s, p.order_key, p.signal, p.subject, p.anchor)
                        > ($3, $4::double precision, $5::double precision, $6::text, $7::text, $8::text))
ORDER BY p.period, p.elapsed_s, p.order_key, p.signal, p.subject, p.anchor
LIMIT $9;

-- name: published_until
-- What was on air at a moment: of each signal, subject and anchor the newest word that was published until then, in
-- match order, without what was gone by then. A signal's frame says one value; a correction or withdrawal says in
-- `changes` every value that changed. Those of before there was that column say the value in their body.
WITH said AS MATERIALIZED (
    SELECT pub_seq, published_at, event, signal, version, body, changes
    FROM signal.publication
    WHERE match_id = $1 AND published_at <= $2 AND event IN ('signal', 'correction', 'withdrawn')
      AND ($3::text[] IS NULL OR signal = ANY ($3))
), word AS (
    SELECT s.pub_seq, s.published_at, s.signal, b.signal_version, b.subject, b.anchor, b.team, b.source_event_id, b.value,
           CASE WHEN s.event <> 'withdrawn' THEN b.status END AS status, b.revision, a.version, a.period, a.elapsed_s,
           NULL::double precision AS order_key, b.model
    FROM said s,
         json_to_record(s.body::json) AS b (signal_version integer, subject text, anchor text, team text, source_event_id text,
                                            value double precision, status text, revision integer, model text,
                                            as_of json),
         json_to_record(b.as_of) AS a (version bigint, period smallint, elapsed_s double precision)
    WHERE s.changes IS NULL
    UNION ALL
    SELECT s.pub_seq, s.published_at, s.signal, (s.body::json ->> 'signal_version')::integer, c ->> 0, c ->> 1, c ->> 2, c ->> 9, (c ->> 3)::double precision,
           c ->> 4, (c ->> 8)::integer, s.version, (c ->> 5)::smallint, (c ->> 6)::double precision,
           (c ->> 7)::double precision, c ->> 10
    FROM said s, jsonb_array_elements(s.changes) c
), newest AS (
    SELECT DISTINCT ON (signal, subject, anchor) * FROM word ORDER BY signal, subject, anchor, pub_seq DESC
)
SELECT n.signal, n.signal_version, n.subject, n.team, n.anchor, n.source_event_id, n.value, n.status, n.revision, n.period, n.elapsed_s,
       -- A frame does not say it: that of the event, or what comes before every event for a full minute.
       coalesce(n.order_key, CASE WHEN n.anchor LIKE 'event:%' THEN e.order_key END, -1) AS order_key,
       n.version, n.model, n.published_at
FROM newest n
LEFT JOIN log.feed_event e ON e.match_id = $1 AND e.version = n.version
WHERE n.status IS NOT NULL
ORDER BY n.period, n.elapsed_s, order_key, n.signal, n.subject, n.anchor;

-- name: match_status_until
-- The status of a match as the newest frame that tells of it said at a moment.
SELECT body::json -> 'summary' ->> 'status' FROM signal.publication
WHERE match_id = $1 AND published_at <= $2 AND event IN ('event', 'end')
ORDER BY pub_seq DESC LIMIT 1;

-- name: catalogue
SELECT sport, signal, version, title, unit, stage, declaration::text AS declaration
FROM registry.signal_version WHERE stage = 'live' ORDER BY sport, signal;

-- name: ready
SELECT (SELECT version_num FROM public.alembic_version) AS schema_version,
       (SELECT count(*) FROM ops.worker WHERE seen_at BETWEEN clock_timestamp() - INTERVAL '5 seconds' AND clock_timestamp() + INTERVAL '5 seconds') AS workers;

-- name: quarantine_counts
SELECT provider, count(*) AS messages FROM log.quarantine GROUP BY provider ORDER BY provider;

-- name: key_principal
SELECT principal, scopes, licence_scope FROM ops.api_key WHERE key_hash = $1 AND revoked_at IS NULL;

-- name: new_replay
INSERT INTO ops.replay (match_id, replay_of, speed, principal, runner, status, seen_at)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $5::text IS NULL THEN 'waiting' ELSE 'running' END,
        CASE WHEN $5::text IS NULL THEN NULL ELSE clock_timestamp() END)
RETURNING replay_id;

-- name: notify_replay
SELECT pg_notify('touchline_replay', '');

-- name: claim_replay
-- Replays without a runner, or whose runner was not heard of for five seconds.
UPDATE ops.replay r SET runner = $1, seen_at = clock_timestamp(), status = 'running'
FROM (SELECT replay_id FROM ops.replay
      WHERE status IN ('waiting', 'running') AND (seen_at IS NULL OR seen_at NOT BETWEEN clock_timestamp() - INTERVAL '5 seconds' AND clock_timestamp() + INTERVAL '5 seconds')
      ORDER BY replay_id LIMIT 4 FOR UPDATE SKIP LOCKED) q
WHERE r.replay_id = q.replay_id
RETURNING r.replay_id, r.match_id, r.replay_of, r.speed;

-- name: replay_seen
UPDATE ops.replay SET seen_at = clock_timestamp() WHERE replay_id = $1 AND runner = $2 RETURNING status;

-- name: replay_ended
UPDATE ops.replay SET status = $2, reason = $3, seen_at = clock_timestamp() WHERE replay_id = $1;

-- name: replays_of
SELECT replay_id, match_id, replay_of, speed, status, created_at FROM ops.replay
WHERE replay_of = $1 AND principal = $2 ORDER BY replay_id;
