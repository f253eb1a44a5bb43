-- rollup: signal_1m
-- source: signal.point
-- bucket: 1 minute
-- Every signal by minute, match and subject: sums and counts, so that averages can be made of any group.
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject,
       sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max
FROM signal.point
GROUP BY 1, 2, 3, 4, 5
