-- name: places_told
-- What these source events of the folded stream were ever said to be, and where in the match, up to a version.
SELECT e.version, e.kind, e.type, e.period, e.order_key, e.control, e.source_event_id
FROM log.feed_event e
WHERE e.match_id = $1 AND e.source_event_id = ANY ($2) AND e.version <= $3 AND e.effective
  AND (e.control OR e.stream_id IN (SELECT s.stream_id FROM log.stream s
                                    WHERE s.match_id = $1 AND s.provider = log.primary_provider($1, $3)))
  AND e.version <> ALL (ARRAY(SELECT k.version FROM log.skipped k WHERE k.match_id = $1 AND k.undone_at IS NULL))
ORDER BY e.version;

-- name: rows_of_versions
-- Some versions of a log with what holds of their events now ($3: up to there), null where nothing does.
SELECT e.source_event_id, e.control, e.type, e.period, e.order_key, e.elapsed_s, e.team_id, e.player_id,
       e.fields::text AS fields, e.recorded_at, s.provider, e.version,
       (SELECT max(c.version) FROM log.current_event($1, ARRAY[e.source_event_id], $3) c WHERE c.control = e.control) AS holds
FROM log.feed_event e JOIN log.stream s USING (stream_id)
WHERE e.match_id = $1 AND e.version = ANY ($2)
ORDER BY e.version;

-- name: points_between
-- Stored points of some signals ($6, $7) with a match clock above one and up to another (null: to the last).
SELECT p.signal, p.signal_version, p.subject, p.anchor, p.team_id, p.source_event_id, p.value, p.status, p.period,
       p.elapsed_s, p.order_key, p.version, p.model, p.revision
FROM signal.point p JOIN unnest($6::text[], $7::int[]) AS t (signal, signal_version) USING (signal, signal_version)
WHERE p.match_id = $1 AND (p.period, p.elapsed_s) > ($2::int, $3::double precision)
  AND ($4::int IS NULL OR (p.period, p.elapsed_s) <= ($4, $5::double precision));

-- name: newest_outside
-- The last stored point of these signals and subjects in the rest of the match.
SELECT DISTINCT ON (p.signal, p.signal_version, p.subject)
       p.signal, p.signal_version, p.subject, p.anchor, p.team_id, p.source_event_id, p.value, p.status, p.period,
       p.elapsed_s, p.order_key, p.version, p.model, p.revision
FROM unnest($2::text[], $3::int[], $4::text[]) AS t (signal, signal_version, subject)
JOIN signal.point p ON p.match_id = $1 AND p.signal = t.signal AND p.signal_version = t.signal_version
                   AND p.subject = t.subject
WHERE (p.period, p.elapsed_s) <= ($5::int, $6::double precision)
   OR ($7::int IS NOT NULL AND (p.period, p.elapsed_s) > ($7, $8::double precision))
ORDER BY p.signal, p.signal_version, p.subject, p.period DESC, p.elapsed_s DESC, p.order_key DESC;

-- name: read_versions
SELECT e.version, e.source_event_id, e.control, e.type, e.period, e.order_key, e.elapsed_s, e.team_id, e.player_id,
       e.fields::text AS fields
FROM log.feed_event e WHERE e.match_id = $1 AND e.version = ANY ($2) ORDER BY e.version;
