-- name: rollups_are
-- Whether the rollups are continuous aggregates (else they are tables), and whether this role may refresh them: only who is of
-- their owner may.
SELECT count(*) > 0 AS aggregates, coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), true) AS refreshable
FROM timescaledb_information.continuous_aggregates a
JOIN pg_class c ON c.oid = format('%I.%I', a.view_schema, a.view_name)::regclass
WHERE a.view_schema = 'rollup';

-- name: take_dirty
-- Takes touches out of the queue, oldest first: of minutes that have been quiet for $2 seconds, or touched for a minute.
WITH settled AS MATERIALIZED (
    SELECT source, match_id, bucket FROM rollup.dirty GROUP BY source, match_id, bucket
    HAVING max(queued_at) <= clock_timestamp() - make_interval(secs => $2)
        OR min(queued_at) <= clock_timestamp() - INTERVAL '1 minute'
)
DELETE FROM rollup.dirty d
USING (SELECT q.queue_id FROM rollup.dirty q JOIN settled USING (source, match_id, bucket)
       ORDER BY q.queue_id LIMIT $1 FOR UPDATE OF q SKIP LOCKED) t
WHERE d.queue_id = t.queue_id
RETURNING d.source, d.match_id, d.bucket;

-- name: peek_dirty
SELECT q.queue_id, q.source, q.match_id, q.bucket FROM rollup.dirty q
JOIN (SELECT source, match_id, bucket FROM rollup.dirty GROUP BY source, match_id, bucket
      HAVING max(queued_at) <= clock_timestamp() - make_interval(secs => $2)
          OR min(queued_at) <= clock_timestamp() - INTERVAL '1 minute') settled USING (source, match_id, bucket)
ORDER BY q.queue_id LIMIT $1;

-- name: clear_dirty
DELETE FROM rollup.dirty WHERE queue_id = ANY ($1);

-- name: refresh_rollup
SELECT rollup.refresh($1, $2, $3, $4);

-- name: close_rollup
-- $2: how long the rollup is kept, as an interval in words; null for ever.
SELECT rollup.close($1, $2::text::interval);

-- name: rollup_closing
SELECT since, upto FROM rollup.closing($1);

-- name: rollup_closed
-- Only when nobody else has moved it meanwhile.
UPDATE rollup.closed SET upto = $3, next_upto = NULL, until_xid = NULL WHERE rollup = $1 AND upto = $2;

-- name: unpack_aggregates
-- Decompresses what of the aggregates lies in these windows: a plan that a session has made of a compressed chunk does not
-- see the rows that a refresh puts beside it (TimescaleDB 2.19). The policy compresses it again. One statement for all, as
-- there is hardly ever any.
SELECT decompress_chunk(t.chunk, true)::text AS chunk
FROM (SELECT DISTINCT format('%I.%I', h.chunk_schema, h.chunk_name)::regclass AS chunk
      FROM timescaledb_information.continuous_aggregates a
      JOIN timescaledb_information.chunks h ON h.hypertable_schema = a.materialization_hypertable_schema
                                           AND h.hypertable_name = a.materialization_hypertable_name
      JOIN unnest($1::timestamptz[], $2::timestamptz[]) AS w (since, upto) ON h.range_start < w.upto AND h.range_end > w.since
      WHERE a.view_schema = 'rollup' AND h.is_compressed) t;

-- name: refresh_aggregate
CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz);

-- name: to_be_kept
-- Real matches of a sport that are over and scored to the end, and whose facts are not kept as they are now.
SELECT d.match_id FROM mart.computed_now d
JOIN mart.dim_match m USING (match_key)
JOIN log.match l ON l.match_id = d.match_id
JOIN ops.cursor c ON c.match_id = d.match_id AND c.pipeline = 'live' AND c.version = l.version AND c.recompute_at IS NULL
WHERE d.sport = $1 AND m.status IN ('full_time', 'finished', 'abandoned') AND ($3::text IS NULL OR d.match_id = $3)
ORDER BY m.kickoff_at, d.match_id LIMIT $2;

-- name: keep_match
SELECT mart.keep($1, $2);

-- name: diff_kept
SELECT side, row_data::text AS row_data FROM mart.diff_kept($1, $2);

-- name: put_event_type
INSERT INTO mart.dim_event_type AS d (sport, event_type, is_control, description)
SELECT $1, t.event_type, t.is_control, t.description
FROM unnest($2::text[], $3::boolean[], $4::text[]) AS t (event_type, is_control, description)
WHERE NOT EXISTS (SELECT FROM mart.dim_event_type k WHERE k.sport = $1 AND k.event_type = t.event_type
                  AND k.is_control = t.is_control AND k.description = t.description)
ON CONFLICT (sport, event_type, is_control) DO UPDATE SET description = excluded.description;

-- name: plan_each_anew
-- A parameter that is null leaves a condition out: a plan for whatever values costs ten times as much.
SET LOCAL plan_cache_mode = force_custom_plan;

-- name: mart_columns
-- Every column of every dimension and fact, in order.
SELECT c.relname AS relation, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS kind,
       coalesce(obj_description(c.oid, 'pg_class'), '') AS about, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
       NOT a.attnotnull AS nullable, coalesce(col_description(c.oid, a.attnum), '') AS comment
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind IN ('r', 'v') AND (c.relname LIKE 'dim\_%' OR c.relname LIKE 'fact\_%')
ORDER BY c.relname COLLATE "C", a.attnum;

-- name: export_matches
-- Real matches, with the keys that their rows are put into folders by.
SELECT match_id, competition_key, season_key FROM mart.dim_match
WHERE is_real
  AND ($1::timestamptz IS NULL OR kickoff_at >= $1)
  AND ($2::timestamptz IS NULL OR kickoff_at < $2)
  AND ($3::text IS NULL OR competition = $3)
  AND ($4::text IS NULL OR season = $4)
ORDER BY competition_key, season_key, kickoff_at, match_id;

-- name: export_snapshot
-- What the connections of one export all see.
SELECT pg_export_snapshot();

-- name: export_by_match
SET LOCAL enable_nestloop = on;

-- name: export_not_by_match
SET LOCAL enable_nestloop = off;

-- name: export_known
-- Competitions and seasons that real matches are of.
SELECT coalesce(array_agg(DISTINCT competition ORDER BY competition) FILTER (WHERE competition IS NOT NULL), '{}') AS competition,
       coalesce(array_agg(DISTINCT season ORDER BY season) FILTER (WHERE season IS NOT NULL), '{}') AS season
FROM mart.dim_match WHERE is_real;

-- name: export_relations
SELECT c.relname AS name FROM pg_class c
WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind IN ('r', 'v') AND (c.relname LIKE 'dim\_%' OR c.relname LIKE 'fact\_%')
ORDER BY c.relname COLLATE "C";

-- name: export_log_event
-- The log as it came in: every message and every control event of a match, those that were overtaken included; without the bytes.
SELECT e.match_id, e.version, e.recorded_at, s.provider, e.control AS is_control, e.source_event_id, e.revision,
       e.provider_revision, e.kind, e.effective AS is_effective, e.type, e.period, e.order_key, e.elapsed_s, e.occurred_at,
       e.team_id, e.player_id, e.fields::text AS fields
FROM log.feed_event e LEFT JOIN log.stream s USING (stream_id)
WHERE e.match_id = ANY ($1)

-- name: export_fact_signal
-- mart.fact_signal of some matches, as the view has it: here the points themselves are told of which matches, too.
SELECT m.match_key, p.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor, p.source_event_id,
       p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model, t.team_key, pl.player_key,
       mart.minute_key(p.period, p.elapsed_s) AS minute_key
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
LEFT JOIN mart.dim_team t ON t.team_id = p.team_id
LEFT JOIN mart.dim_player pl ON pl.player_id = p.subject
WHERE p.match_id = ANY ($1) AND m.match_id = ANY ($1) AND v.match_id = ANY ($1)

-- name: export_may_unpack
SELECT has_table_privilege('mart.packed', 'SELECT') AND has_table_privilege('mart.packed_now', 'SELECT');

-- name: export_packed
-- Which of these matches are packed as they are now, with how many rows.
SELECT match_id, row_count FROM mart.packed_now
WHERE name = $1 AND made_of = $2 AND match_id = ANY ($3) ORDER BY array_position($3, match_id);

-- name: export_bodies
SELECT body FROM mart.packed WHERE name = $1 AND match_id = ANY ($2) ORDER BY array_position($2, match_id);

-- name: export_on_air
SELECT match_id, signal, version FROM registry.on_air WHERE match_id = ANY ($1);

-- name: pack_fact_signal
-- export_fact_signal of all versions: which are on air is asked by who reads it.
SELECT m.match_key, p.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor, p.source_event_id,
       p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model, t.team_key, pl.player_key,
       mart.minute_key(p.period, p.elapsed_s) AS minute_key
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
LEFT JOIN mart.dim_team t ON t.team_id = p.team_id
LEFT JOIN mart.dim_player pl ON pl.player_id = p.subject
WHERE p.match_id = ANY ($1) AND m.match_id = ANY ($1)

-- name: to_be_packed
-- Matches whose facts are kept and of which one of these tables is not packed as it is now. $1: names, $2: what they are made of, $3: matches to pass over.
SELECT n.match_id FROM mart.kept_now n
JOIN mart.dim_match d USING (match_key)
JOIN ops.cursor c ON c.match_id = n.match_id AND c.pipeline = 'live' AND c.recompute_at IS NULL
JOIN log.match l ON l.match_id = n.match_id AND l.version = c.version
WHERE (SELECT count(*) FROM unnest($1::text[], $2::text[]) AS t (name, made_of)
       JOIN mart.packed_now p ON p.match_id = n.match_id AND p.name = t.name AND p.made_of = t.made_of) < cardinality($1::text[])
  AND n.match_id <> ALL ($3::text[])
ORDER BY d.kickoff_at, n.match_id LIMIT $4;

-- name: pack_state
-- What the rows of a match are made of, in the snapshot in which they are read. No row where its facts are not kept now.
SELECT k.kept_version, k.kept_changes, l.version AS log_version
FROM mart.kept_now n JOIN mart.kept k USING (match_id) JOIN log.match l USING (match_id)
WHERE n.match_id = $1;

-- name: put_packed
INSERT INTO mart.packed AS p (match_id, name, made_of, version, changes, row_count, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (match_id, name) DO UPDATE SET made_of = excluded.made_of, version = excluded.version, changes = excluded.changes,
    row_count = excluded.row_count, body = excluded.body, packed_at = clock_timestamp();

-- name: packed_of
-- What is packed of a match and said to be true.
SELECT name, made_of, body FROM mart.packed_now WHERE match_id = $1 ORDER BY name;

-- name: rollup_columns
-- The same of every rollup of real matches.
SELECT c.relname AS relation, 'view' AS kind, coalesce(obj_description(c.oid, 'pg_class'), '') AS about, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
       coalesce(col_description(c.oid, a.attnum), '') AS comment
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'rollup'::regnamespace AND c.relkind = 'v' AND c.relname !~ '_(all|parts|live|aggregate)$'
ORDER BY c.relname COLLATE "C", a.attnum;
