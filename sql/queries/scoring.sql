-- name: claim
SELECT * FROM ops.claim($1, $2, $3, $4, $5);

-- name: commit
SELECT signal.commit($1, $2, $3, $4, $5, $6, $7, $8::text[]::jsonb[], $9, $10, $11::text[]::jsonb[],
                     $12::text[]::jsonb[], $13::text[]::jsonb[], $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
                     $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39);

-- name: park
-- A match whose scoring failed waits, longer each time; nobody else is held up.
UPDATE ops.cursor
SET parked_at = coalesce(parked_at, clock_timestamp()), parked_reason = $4, parked_version = $5, attempts = attempts + 1,
    retry_at = clock_timestamp() + make_interval(secs => least(0.5 * power(2, least(attempts, 20)), 300)), lease_expires_at = NULL
WHERE match_id = $1 AND pipeline = $2 AND lease_epoch = $3;

-- name: release
-- Gives back all that a worker holds; where something waits, it is said aloud.
WITH given AS (
    UPDATE ops.cursor SET lease_expires_at = NULL
    WHERE pipeline = $1 AND lease_owner = $2 AND lease_expires_at IS NOT NULL
    RETURNING match_id, version
)
SELECT pg_notify('touchline_log', concat_ws(',', g.match_id, g.version + 1, m.version, $3::integer))
FROM given g JOIN log.match m USING (match_id) WHERE m.version > g.version;

-- name: cursor_row
SELECT c.version, c.lease_epoch, c.parked_reason, c.recompute_versions, c.owed, m.version AS head
FROM ops.cursor c JOIN log.match m USING (match_id) WHERE c.match_id = $1 AND c.pipeline = $2;

-- name: backlog
-- Matches of a pipeline that are not scored up to their head, how far they lag, and since when the oldest event waits.
SELECT count(*) FILTER (WHERE m.version > c.version) AS waiting_matches,
       coalesce(sum(m.version - c.version), 0)::bigint AS waiting_events,
       count(*) FILTER (WHERE c.parked_at IS NOT NULL) AS parked_matches,
       coalesce(extract(epoch FROM clock_timestamp() - min(e.recorded_at)), 0)::double precision AS lag_s
FROM ops.cursor c JOIN log.match m USING (match_id)
-- With a limit, so that it is looked up where something waits, and the log is not joined as a whole.
LEFT JOIN LATERAL (SELECT f.recorded_at FROM log.feed_event f
                   WHERE f.match_id = c.match_id AND f.version = c.version + 1 AND m.version > c.version LIMIT 1) e ON true
WHERE c.pipeline = $1;

-- name: pressure
-- Events of pushed matches that wait to be scored. Imports and parked matches are left out: they hold nobody up.
SELECT coalesce(sum(m.version - c.version), 0)::bigint
FROM ops.cursor c JOIN log.match m USING (match_id)
WHERE c.pipeline = $1 AND m.version > c.version AND m.origin <> 'import' AND c.parked_at IS NULL;

-- name: worker_seen
-- Says that a worker lives, keeps its leases on what it has yet to score, and tells it the clock and its fair share.
WITH seen AS (
    INSERT INTO ops.worker AS w (worker_id, report) VALUES ($1, $2::jsonb)
    ON CONFLICT (worker_id) DO UPDATE SET seen_at = clock_timestamp(), report = excluded.report
), own AS MATERIALIZED (
    -- A row that is locked is being committed, and its lease with it.
    SELECT match_id FROM ops.cursor
    WHERE pipeline = $3 AND lease_owner = $1 AND ops.leased(lease_renewed_at, lease_expires_at) AND match_id = ANY ($4)
    FOR UPDATE SKIP LOCKED
), kept AS (
    UPDATE ops.cursor c
    SET lease_renewed_at = clock_timestamp(), lease_expires_at = clock_timestamp() + make_interval(secs => $5)
    FROM own WHERE c.pipeline = $3 AND c.match_id = own.match_id
    RETURNING c.match_id
)
SELECT clock_timestamp() AS now, coalesce((SELECT array_agg(match_id) FROM kept), '{}') AS kept, count(*) AS active, count(*) FILTER (WHERE c.lease_owner = $1) AS own,
       (SELECT greatest(count(*) FILTER (WHERE worker_id <> $1) + 1, 1) FROM ops.worker
        WHERE seen_at BETWEEN clock_timestamp() - INTERVAL '2.5 seconds' AND clock_timestamp() + INTERVAL '2.5 seconds') AS workers
FROM ops.cursor c WHERE c.pipeline = $3 AND ops.leased(c.lease_renewed_at, c.lease_expires_at);

-- name: hand_over
-- Gives matches back before their lease ends; whoever takes them gets a new epoch. Where something waits, it is said aloud.
WITH given AS (
    UPDATE ops.cursor SET lease_owner = NULL, lease_expires_at = NULL, lease_epoch = lease_epoch + 1
    WHERE pipeline = $1 AND lease_owner = $2 AND match_id = ANY ($3)
    RETURNING match_id, version
)
SELECT pg_notify('touchline_log', concat_ws(',', g.match_id, g.version + 1, m.version, $4::integer))
FROM given g JOIN log.match m USING (match_id) WHERE m.version > g.version;

-- name: leased_by_others
-- Of these matches, those that another worker holds now.
SELECT match_id FROM ops.cursor
WHERE pipeline = $1 AND match_id = ANY ($2) AND lease_owner <> $3 AND ops.leased(lease_renewed_at, lease_expires_at);

-- name: worker_reports
SELECT worker_id, report::text AS report FROM ops.worker WHERE seen_at BETWEEN clock_timestamp() - INTERVAL '5 seconds' AND clock_timestamp() + INTERVAL '5 seconds';

-- name: worker_gone
DELETE FROM ops.worker WHERE worker_id = $1;

-- name: forget_workers
DELETE FROM ops.worker WHERE seen_at NOT BETWEEN clock_timestamp() - INTERVAL '1 hour' AND clock_timestamp() + INTERVAL '1 minute';

-- name: stored_points
-- $2, $3: of these signals and versions.
SELECT p.signal, p.signal_version, p.subject, p.anchor, p.team_id, p.source_event_id, p.value, p.status, p.period,
       p.elapsed_s, p.order_key, p.version, p.model, p.revision
FROM signal.point p JOIN unnest($2::text[], $3::int[]) AS t (signal, signal_version) USING (signal, signal_version)
WHERE p.match_id = $1 ORDER BY p.period, p.elapsed_s, p.order_key;

-- name: count_points
-- $2, $3: of each of these signals and versions.
SELECT concat_ws('@', t.signal, t.version) AS key,
       (SELECT count(*) FROM signal.point p
        WHERE p.match_id = $1 AND p.signal = t.signal AND p.signal_version = t.version) AS points
FROM unnest($2::text[], $3::int[]) AS t (signal, version);

-- name: diff_fact
SELECT side, row_data::text AS row_data FROM mart.diff_fact($1, $2);

-- name: take_lease
-- Lease one match, whoever holds it and whether or not anything waits: the new epoch refuses the holder's next commit.
UPDATE ops.cursor
SET lease_owner = $3, lease_epoch = lease_epoch + 1, lease_renewed_at = clock_timestamp(),
    lease_expires_at = clock_timestamp() + make_interval(secs => $4)
WHERE match_id = $1 AND pipeline = $2
RETURNING version, lease_epoch, recompute_versions, owed;

-- name: state_columns
SELECT to_jsonb(s) - 'version' - 'updated_at' - 'match_id' AS state FROM signal.match_state s WHERE match_id = $1;
