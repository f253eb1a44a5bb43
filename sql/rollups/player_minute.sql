-- rollup: player_minute
-- source: rollup.signal_1m
-- bucket: 1 minute
-- about: Every signal about a player, by player and minute of the match clock: made of signal_1m
-- column bucket: When the minute began on the wall, nominal; where a minute of the clock lies in two of them, the first
-- column match_id: The match's own id
-- column player_id: Provider-qualified: mart.dim_player.player_id
-- column team_id: The team that the player acted for; null where the feed does not tell
-- column period: Period of the match: mart.dim_minute.period
-- column minute: Full minutes on the match clock, stoppage time counting on: mart.dim_minute.minute
-- column signal: Name of the signal: mart.dim_signal
-- column signal_version: Version of the signal; every version that has values
-- column value_sum: Sum of the values; means something where the signal is additive (xg, xt, …)
-- column value_count: How many values: value_sum / value_count is their mean
-- column value_min: The least value
-- column value_max: The greatest value
SELECT time_bucket(INTERVAL '1 minute', bucket) AS bucket, match_id, subject AS player_id, team_id, period, minute, signal,
       signal_version,
       sum(value_sum) AS value_sum, sum(value_count)::bigint AS value_count, min(value_min) AS value_min, max(value_max) AS value_max
FROM {source}
WHERE subject LIKE '%:player:%'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
-- read as:
SELECT min(bucket) AS bucket, match_id, player_id, team_id, period, minute, signal, signal_version, sum(value_sum) AS value_sum,
       sum(value_count)::bigint AS value_count, min(value_min) AS value_min, max(value_max) AS value_max
FROM {parts}
GROUP BY match_id, player_id, team_id, period, minute, signal, signal_version
