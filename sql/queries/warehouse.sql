-- name: timescaledb_licence
SELECT current_setting('timescaledb.license');

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

-- name: refresh_aggregate
CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz);
