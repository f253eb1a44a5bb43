-- name: timescaledb_licence
SELECT current_setting('timescaledb.license');

-- name: take_dirty
DELETE FROM rollup.dirty d
USING (SELECT source, match_id, bucket FROM rollup.dirty ORDER BY queued_at LIMIT $1 FOR UPDATE SKIP LOCKED) q
WHERE d.source = q.source AND d.match_id = q.match_id AND d.bucket = q.bucket
RETURNING d.source, d.match_id, d.bucket;

-- name: peek_dirty
SELECT source, match_id, bucket, queued_at FROM rollup.dirty ORDER BY queued_at LIMIT $1;

-- name: clear_dirty
DELETE FROM rollup.dirty d
USING unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS t (source, match_id, bucket, queued_at)
WHERE d.source = t.source AND d.match_id = t.match_id AND d.bucket = t.bucket AND d.queued_at = t.queued_at;

-- name: refresh_rollup
SELECT rollup.refresh($1, $2, $3, $4);

-- name: refresh_aggregate
CALL refresh_continuous_aggregate($1::regclass, $2::timestamptz, $3::timestamptz);
