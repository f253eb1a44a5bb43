-- rollup: feed_health_1m
-- source: log.feed_event
-- time: recorded_at
-- bucket: 1 minute
-- closes: appended
-- keep: 2 years
-- about: What came from whom, by minute of arrival: messages, corrections, bytes, lateness. Of the last two years; by match for ever: mart.fact_feed_match
-- column bucket: When the minute of arrival began
-- column match_id: The match's own id
-- column stream_id: The stream of the match: log.stream
-- column provider: Who sent it: mart.dim_provider.provider
-- column role: events, or control for what people and schedules say
-- column connection: Which connection of the provider
-- column messages: Messages in the log, repeats not counted
-- column amended: Messages that changed an event
-- column retracted: Messages that took an event back
-- column overtaken: Messages that came after a newer revision of their event
-- column raw_bytes: Bytes of the messages as they came
-- column late_sum_s: Sum of stored less nominal time of the event, seconds; divided by messages, the mean. Means something for live matches alone, and holds the error of the nominal breaks
-- column late_min_s: The least of it
-- column late_max_s: The greatest of it
SELECT time_bucket(INTERVAL '1 minute', recorded_at) AS bucket, match_id, stream_id, count(*) AS messages,
       count(*) FILTER (WHERE kind = 'amended') AS amended, count(*) FILTER (WHERE kind = 'retracted') AS retracted,
       count(*) FILTER (WHERE NOT effective) AS overtaken, sum(octet_length(raw)) AS raw_bytes,
       sum(date_part('epoch', recorded_at - occurred_at)) AS late_sum_s,
       min(date_part('epoch', recorded_at - occurred_at)) AS late_min_s,
       max(date_part('epoch', recorded_at - occurred_at)) AS late_max_s
FROM {source}
GROUP BY 1, 2, 3
-- read as:
SELECT r.bucket, r.match_id, s.provider, s.role, s.connection, r.messages, r.amended, r.retracted, r.overtaken, r.raw_bytes,
       r.late_sum_s, r.late_min_s, r.late_max_s
FROM {parts} r JOIN log.stream s USING (stream_id)
