-- name: monitored_matches
-- Real matches that are over, the newest $4 of each side: that kicked off from $1 until $2 (`recent`), and before that.
-- full_time may be followed by extra time for a while. $3: of this sport.
SELECT w.match_id, w.match_key, w.recent, w.home_score, w.away_score, l.anchor_at
FROM (
    (SELECT d.match_id, d.match_key, d.kickoff_at, d.home_score, d.away_score, true AS recent FROM mart.dim_match d
     WHERE d.is_real AND d.sport = $3 AND d.kickoff_at >= $1::timestamptz AND d.kickoff_at < $2::timestamptz
       AND (d.status = 'finished' OR d.status = 'full_time' AND d.kickoff_at < clock_timestamp() - INTERVAL '3 hours')
     ORDER BY d.kickoff_at DESC, d.match_id LIMIT $4)
    UNION ALL
    (SELECT d.match_id, d.match_key, d.kickoff_at, d.home_score, d.away_score, false FROM mart.dim_match d
     WHERE d.is_real AND d.sport = $3 AND d.kickoff_at < $1::timestamptz
       AND (d.status = 'finished' OR d.status = 'full_time' AND d.kickoff_at < clock_timestamp() - INTERVAL '3 hours')
     ORDER BY d.kickoff_at DESC, d.match_id LIMIT $4)
) w JOIN log.match l USING (match_id)
ORDER BY w.kickoff_at, w.match_id;

-- name: monitored_signals
-- Live versions of signals, of one where $1 names it.
SELECT sport, signal, version, declaration ->> 'subject' AS subject FROM registry.signal_version
WHERE stage = 'live' AND ($1::text IS NULL OR signal = $1) ORDER BY sport, signal, version;

-- name: monitored_values
-- Every value of a signal, by match, as eight bytes each: a reader takes them as they are. $4: by subject too.
-- $5 and $6 bound the time, so that other chunks are not looked into.
SELECT p.match_id, CASE WHEN $4 THEN p.subject ELSE '' END AS series,
       string_agg(float8send(p.value), ''::bytea ORDER BY p.value) AS numbers
FROM signal.point p
WHERE p.match_id = ANY ($1::text[]) AND p.signal = $2 AND p.signal_version = $3 AND p.value IS NOT NULL
  AND p.status IN ('provisional', 'final') AND p.occurred_at BETWEEN $5 AND $6
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: monitored_shots
-- The shots of matches, told in full: x_m, y_m, xG (NaN without one) and 1 for a goal, eight bytes each.
SELECT d.match_id,
       string_agg(float8send(s.x_m) || float8send(s.y_m) || float8send(coalesce(s.xg, 'NaN'))
                  || float8send(s.is_goal::integer), ''::bytea ORDER BY s.period, s.elapsed_s, s.source_event_id) AS numbers
FROM mart.fact_shot s JOIN mart.dim_match d USING (match_key)
WHERE s.match_key = ANY ($1::integer[]) AND NOT s.is_shootout AND s.x_m IS NOT NULL AND s.y_m IS NOT NULL
GROUP BY 1 ORDER BY 1;

-- name: monitored_outcomes
-- What win probability $2 said in matches, by outcome, in match order: period, match clock, value, eight bytes each. A
-- value that did not move is not said again.
SELECT p.match_id, p.subject,
       string_agg(float8send(p.period) || float8send(p.elapsed_s) || float8send(p.value), ''::bytea
                  ORDER BY p.period, p.elapsed_s, p.order_key) AS numbers
FROM signal.point p
WHERE p.match_id = ANY ($1::text[]) AND p.signal = 'win_probability' AND p.signal_version = $2
  AND p.value IS NOT NULL AND p.status IN ('provisional', 'final') AND p.occurred_at BETWEEN $3 AND $4
GROUP BY p.match_id, p.subject ORDER BY p.match_id, p.subject;

-- name: storage
SELECT * FROM ops.storage() ORDER BY total_bytes DESC, area, name;

-- name: storage_database
SELECT pg_database_size(current_database()) AS bytes, current_setting('timescaledb.license', true) AS licence;

-- name: rollups_wait
-- Touched minutes that wait for a refresh, since when, and whether somebody is there to do it.
SELECT count(*) AS waiting, min(queued_at) AS since,
       coalesce(date_part('epoch', clock_timestamp() - min(queued_at)), 0) AS oldest_s,
       EXISTS (SELECT FROM ops.worker w WHERE w.seen_at > clock_timestamp() - INTERVAL '1 minute') AS is_worked
FROM rollup.dirty;

-- name: rollups_open
-- Rollups over what is only appended to, of which messages older than ten minutes still are in no closed minute.
SELECT c.rollup, c.upto, EXISTS (
    SELECT FROM log.feed_event e WHERE e.recorded_at >= c.upto AND e.recorded_at < clock_timestamp() - INTERVAL '10 minutes'
) AS is_late
FROM rollup.closed c ORDER BY 1;

-- name: rollup_policies
-- Background jobs over what is ours (Community edition). late: its time has passed by more than a turn, and the server has
-- been up as long. due: chunks that are old enough to be compressed and are not.
SELECT j.job_id, j.proc_name, j.scheduled, coalesce(a.view_name, j.hypertable_name, 'the rollups') AS name, s.last_run_status,
       -- A job whose turn was set by hand and that never ran has -infinity there.
       NULLIF(s.last_run_started_at, '-infinity') AS last_run_started_at,
       NULLIF(s.last_successful_finish, '-infinity') AS last_successful_finish,
       greatest(coalesce(s.next_start, j.next_start, j.initial_start), pg_postmaster_start_time())
           < now() - j.schedule_interval - INTERVAL '10 minutes' AS is_late,
       (SELECT count(*) FROM timescaledb_information.chunks h
        WHERE j.proc_name = 'policy_compression' AND h.hypertable_schema = j.hypertable_schema
          AND h.hypertable_name = j.hypertable_name AND NOT h.is_compressed
          AND h.range_end < now() - (j.config ->> 'compress_after')::interval) AS due,
       pg_postmaster_start_time() < now() - 2 * j.schedule_interval
           AND (s.last_successful_finish IS NULL OR s.last_successful_finish < now() - 2 * j.schedule_interval) AS is_behind
FROM timescaledb_information.jobs j
LEFT JOIN timescaledb_information.job_stats s USING (job_id)
LEFT JOIN timescaledb_information.continuous_aggregates a
       ON a.materialization_hypertable_name = j.hypertable_name OR a.view_schema = j.hypertable_schema AND a.view_name = j.hypertable_name
WHERE a.view_schema = 'rollup' OR j.hypertable_schema IN ('log', 'signal', 'rollup') OR j.proc_schema = 'rollup'
ORDER BY j.job_id;

-- name: rollup_aggregates
SELECT view_name AS name FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'rollup' ORDER BY 1;
