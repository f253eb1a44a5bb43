-- name: open_stream
SELECT * FROM log.open_stream($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11);

-- name: append
SELECT * FROM log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- name: append_one
SELECT * FROM log.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::jsonb, $16, $17, $18,
                             $19, $20);

-- name: flush
-- Everything that was committed before is on disk once this is: an empty message of ours ends in a commit that waits.
SELECT pg_logical_emit_message(true, 'touchline', '');

-- name: quarantine_messages
SELECT log.quarantine_messages($1, $2, $3, $4, $5, $6, $7, $8);

-- name: held
-- The newest word on each event of a provider that counts, with the place where it stands.
SELECT h.source_event_id, e.type, e.period, e.order_key, e.elapsed_s, e.team_id, h.content_hash, h.retracted
FROM (
    SELECT DISTINCT ON (i.source_event_id) i.source_event_id, i.retracted, i.content_hash, i.version
    FROM log.identity i
    WHERE i.match_id = $1 AND i.provider = $2 AND i.role = 'events' AND i.effective
    ORDER BY i.source_event_id, i.revision DESC
) h
JOIN log.feed_event e ON e.match_id = $1 AND e.version = h.version
ORDER BY e.version;

-- name: held_raw
-- The newest message on each event of a provider that counts and was not retracted, in the order in which they came.
SELECT h.source_event_id, h.content_hash, e.raw
FROM (
    SELECT DISTINCT ON (i.source_event_id) i.source_event_id, i.retracted, i.content_hash, i.version
    FROM log.identity i
    WHERE i.match_id = $1 AND i.provider = $2 AND i.role = 'events' AND i.effective
    ORDER BY i.source_event_id, i.revision DESC
) h
JOIN log.feed_event e ON e.match_id = $1 AND e.version = h.version
WHERE NOT h.retracted
ORDER BY e.version;

-- name: hold_match
-- Nobody appends to the match until the transaction ends.
SELECT version FROM log.match WHERE match_id = $1 FOR UPDATE;

-- name: stream_options
SELECT options::text AS options FROM log.stream WHERE match_id = $1 AND stream_id = $2;

-- name: set_stream_options
-- All connections of a provider decode alike.
UPDATE log.stream SET options = $3::jsonb WHERE match_id = $1 AND provider = $2 AND role = 'events';

-- name: read_events
-- Effective rows of the folded stream and of control, in order of arrival, from one version to another. Which stream
-- is folded is as of the last one: what is scored up to a version must not depend on a later change of it.
-- What an operator has skipped is left out: one look at an index, which for most matches holds nothing.
SELECT e.version, e.source_event_id, e.control, e.type, e.period, e.order_key, e.elapsed_s, e.team_id, e.player_id,
       e.fields::text AS fields, e.kind, e.recorded_at, s.provider
FROM log.feed_event e JOIN log.stream s ON s.stream_id = e.stream_id
WHERE e.match_id = $1 AND e.version > $2 AND e.version <= $3 AND e.effective
  AND e.version <> ALL (ARRAY(SELECT k.version FROM log.skipped k WHERE k.match_id = $1 AND k.undone_at IS NULL))
  AND (e.control OR s.provider = (SELECT log.primary_provider($1, $3)))
ORDER BY e.version
LIMIT $4;

-- name: match_row
SELECT match_id, sport, origin, replay_of, anchor_at, anchor_source, version FROM log.match WHERE match_id = $1;

-- name: match_ids
SELECT match_id FROM log.match ORDER BY created_at, match_id;

-- name: end_position
-- The last position of the match so far, the time after it left out.
SELECT period, order_key, elapsed_s FROM log.current_event($1)
WHERE period < 100 ORDER BY period DESC, order_key DESC LIMIT 1;

-- name: current_controls
-- The control events of one type that hold, the newest last.
SELECT source_event_id, period, fields::text AS fields FROM log.current_event($1)
WHERE control AND type = $2 ORDER BY version;

-- name: last_feed_event
SELECT type, period, elapsed_s FROM log.current_event($1) WHERE NOT control
ORDER BY period DESC, order_key DESC, source_event_id COLLATE "C" DESC LIMIT 1;

-- name: read_for_replay
-- A stored match in match order as it is known now, raw bytes included, after a position.
SELECT source_event_id, kind, provider_revision, type, period, order_key, elapsed_s, team_id, player_id,
       fields::text AS fields, raw, control
FROM log.current_event($1)
ORDER BY period, order_key, control, source_event_id COLLATE "C";

-- name: told_already
-- Which events the log of a match holds, as (control, source event id).
SELECT DISTINCT control, source_event_id FROM log.feed_event WHERE match_id = $1;

-- name: stream_of_match
SELECT provider, provider_match_id, options::text AS options FROM log.stream
WHERE match_id = $1 AND role = 'events' AND provider = log.primary_provider($1) ORDER BY stream_id LIMIT 1;

-- name: purge_match
SELECT log.purge_match($1, $2);
