-- name: epoch
-- The epoch of stream ids; a new one instead of $1 or where the database is no longer what it was made for.
SELECT ops.epoch($1);

-- name: epoch_holds
-- The stored epoch, if it was made for this database as it is. A look at the control file: for new connections.
SELECT i.epoch FROM ops.instance i JOIN ops.here() h USING (system_identifier, database_oid, timeline)
WHERE i.xmin = i.written_by;

-- name: stream_state
-- The stored epoch as long as its row is not another; the highest number ever given to a frame; and whether one of these
-- frames (number and time of publication, in seconds) is another one now.
SELECT (SELECT epoch FROM ops.instance WHERE xmin = written_by) AS epoch,
       CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END AS issued,
       EXISTS (SELECT FROM unnest($1::bigint[], $2::double precision[]) AS f (seq, at)
               JOIN signal.publication p ON p.pub_seq = f.seq
               -- Says what the join does: without it, frames that are compressed are all unpacked for it.
               WHERE p.pub_seq >= (SELECT min(s) FROM unnest($1::bigint[]) AS s)
                 AND abs(extract(epoch FROM p.published_at)::double precision - f.at) > 0.001) AS given_anew
FROM signal.pub_seq s;

-- name: publication_head
SELECT coalesce(max(pub_seq), 0) FROM signal.publication;

-- name: publication_issued
SELECT last_value FROM signal.pub_seq;

-- name: clock
SELECT clock_timestamp();

-- name: head_then
-- How far the stream was a while ago.
SELECT t.at, coalesce((SELECT max(pub_seq) FROM signal.publication WHERE published_at <= t.at), 0) AS seq
FROM (SELECT clock_timestamp() - make_interval(secs => $1) AS at) t;

-- name: version_then
-- The log version of a match that frames up to a place in the stream tell of.
SELECT coalesce(max(version), 0) FROM signal.publication WHERE match_id = $1 AND pub_seq <= $2;

-- name: tail
SELECT pub_seq, match_id, event, signal, event_type, was_type, published_at, recorded_at, body, version
FROM signal.publication WHERE pub_seq > $1 ORDER BY pub_seq LIMIT $2;

-- name: tail_of_matches
SELECT pub_seq, match_id, event, signal, event_type, was_type, published_at, recorded_at, body
FROM signal.publication WHERE pub_seq > $1 AND pub_seq <= $2 AND match_id = ANY ($3) ORDER BY pub_seq LIMIT $4;

-- name: tail_until
SELECT pub_seq, match_id, event, signal, event_type, was_type, published_at, recorded_at, body
FROM signal.publication WHERE pub_seq > $1 AND pub_seq <= $2 ORDER BY pub_seq LIMIT $3;

-- name: snapshot_match
SELECT m.match_id AS id, m.sport, m.origin, m.replay_of, s.home_name AS home, s.home_id, s.away_name AS away, s.away_id,
       coalesce(s.home_score, 0) AS home_score, coalesce(s.away_score, 0) AS away_score, coalesce(s.period, 0) AS period,
       coalesce(s.elapsed_s, 0) AS elapsed_s, coalesce(s.clock_display, '00:00') AS clock_display,
       coalesce(s.status, 'scheduled') AS status, m.anchor_at, coalesce(s.version, 0) AS version, m.version AS log_version,
       coalesce(s.updated_at, m.created_at) AS updated_at, coalesce(s.details, '{}')::text AS details,
       c.parked_reason
FROM log.match m
LEFT JOIN signal.match_state s USING (match_id)
LEFT JOIN ops.cursor c ON c.match_id = m.match_id AND c.pipeline = 'live'
WHERE m.match_id = $1;

-- name: snapshot_signals
-- The current value of every signal and subject: the last point in match order of the version that is on air.
SELECT DISTINCT ON (p.signal, p.subject) p.signal, p.signal_version, p.subject, p.team_id AS team, p.value, p.status, p.period, p.elapsed_s,
       p.version, p.anchor, p.source_event_id, p.revision, p.model
FROM signal.point p
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
WHERE p.match_id = $1
ORDER BY p.signal, p.subject, p.period DESC, p.elapsed_s DESC, p.order_key DESC;

-- name: snapshot_totals
SELECT p.signal, p.team_id AS team, coalesce(sum(p.value), 0) AS total
FROM signal.point p
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
WHERE p.match_id = $1 AND p.team_id IS NOT NULL AND (v.declaration ->> 'additive')::boolean
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: active_matches
SELECT m.match_id FROM log.match m LEFT JOIN signal.match_state s USING (match_id)
WHERE coalesce(s.status, 'scheduled') NOT IN ('finished', 'abandoned')
  AND coalesce(s.updated_at, m.created_at) > clock_timestamp() - INTERVAL '6 hours'
ORDER BY m.created_at DESC LIMIT 200;

-- name: known_matches
SELECT match_id FROM log.match WHERE match_id = ANY ($1);
