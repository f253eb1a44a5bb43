-- rollup: signal_1m
-- source: signal.point
-- time: occurred_at
-- bucket: 1 minute
-- about: Every signal by minute on the wall, match and subject: sums and counts, so that averages can be made of any group
-- column bucket: When the minute began: of the nominal time on the wall (kick-off, usual breaks, seconds played)
-- column match_id: The match's own id
-- column signal: Name of the signal: mart.dim_signal
-- column signal_version: Version of the signal; every version that has values
-- column subject: Whom the values are about: a player, a team, an outcome, or match
-- column team_id: The team of the subject; null where it has none
-- column period: Period of the match
-- column minute: Full minutes on the match clock
-- column value_sum: Sum of the values; means something where the signal is additive (xg, xt, …)
-- column value_count: How many values: value_sum / value_count is their mean
-- column value_min: The least value
-- column value_max: The greatest value
SELECT time_bucket(INTERVAL '1 minute', occurred_at) AS bucket, match_id, signal, signal_version, subject, team_id, period,
       floor(elapsed_s / 60)::integer AS minute,
       sum(value) AS value_sum, count(value) AS value_count, min(value) AS value_min, max(value) AS value_max
FROM {source}
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
-- read as:
SELECT bucket, match_id, signal, signal_version, subject, sum(value_sum) AS value_sum, sum(value_count)::bigint AS value_count,
       min(value_min) AS value_min, max(value_max) AS value_max
FROM {parts}
GROUP BY 1, 2, 3, 4, 5
