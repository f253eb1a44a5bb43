-- rollup: match_phase
-- source: rollup.signal_1m
-- bucket: 1 hour
-- about: Every signal by quarter of an hour of the match clock, and by team, outcome or match: made of signal_1m. Counts of events by the same quarters: mart.fact_team_spell
-- column bucket: The hour on the wall, nominal, in which the phase began
-- column match_id: The match's own id
-- column period: Period of the match
-- column from_minute: First minute of the quarter of an hour of the match clock: 0, 15, 30, …; stoppage time of soccer counts to the last one of its half
-- column side: A team, its players counted to it; else what the values are about: an outcome, or match
-- column signal: Name of the signal: mart.dim_signal
-- column signal_version: Version of the signal; every version that has values
-- column value_sum: Sum of the values; means something where the signal is additive (xg, xt, …)
-- column value_count: How many values: value_sum / value_count is their mean
-- column value_min: The least value
-- column value_max: The greatest value
-- The last minutes of the halves are soccer's; American football never gets there in the same period.
SELECT time_bucket(INTERVAL '1 hour', bucket) AS bucket, match_id, period,
       15 * (CASE period WHEN 1 THEN least(minute, 44) WHEN 2 THEN least(minute, 89) WHEN 3 THEN least(minute, 104)
             WHEN 4 THEN least(minute, 119) ELSE minute END / 15) AS from_minute,
       CASE WHEN team_id IS NULL THEN subject ELSE team_id END AS side, signal, signal_version,
       sum(value_sum) AS value_sum, sum(value_count)::bigint AS value_count, min(value_min) AS value_min, max(value_max) AS value_max
FROM {source}
GROUP BY 1, 2, 3, 4, 5, 6, 7
-- read as:
SELECT min(bucket) AS bucket, match_id, period, from_minute, side, signal, signal_version, sum(value_sum) AS value_sum,
       sum(value_count)::bigint AS value_count, min(value_min) AS value_min, max(value_max) AS value_max
FROM {parts}
GROUP BY match_id, period, from_minute, side, signal, signal_version
