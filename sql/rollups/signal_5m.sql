-- rollup: signal_5m
-- source: rollup.signal_1m
-- bucket: 5 minutes
-- about: Every signal by five minutes on the wall, match and subject: made of signal_1m
-- column bucket: When the five minutes began: of the nominal time on the wall
-- column match_id: The match's own id
-- column signal: Name of the signal: mart.dim_signal
-- column signal_version: Version of the signal; every version that has values
-- column subject: Whom the values are about: a player, a team, an outcome, or match
-- column value_sum: Sum of the values; means something where the signal is additive (xg, xt, …)
-- column value_count: How many values: value_sum / value_count is their mean
-- column value_min: The least value
-- column value_max: The greatest value
SELECT time_bucket(INTERVAL '5 minutes', bucket) AS bucket, match_id, signal, signal_version, subject,
       sum(value_sum) AS value_sum, sum(value_count)::bigint AS value_count, min(value_min) AS value_min, max(value_max) AS value_max
FROM {source}
GROUP BY 1, 2, 3, 4, 5
