-- kpi: feed_quality
-- about: What providers send: messages a match, how many are corrections, and how late live ones are.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT p.provider, count(*) AS matches, sum(f.messages) AS messages,
       sum(f.messages)::double precision / count(*) AS messages_per_match,
       sum(f.amended)::double precision / sum(f.messages) AS share_amended,
       sum(f.retracted)::double precision / sum(f.messages) AS share_retracted, sum(f.overtaken) AS overtaken,
       avg(f.latency_p50_s) AS mean_of_median_latency_s, max(f.latency_p95_s) AS worst_p95_latency_s
FROM mart.fact_feed_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_provider p USING (provider_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY p.provider_key, p.provider ORDER BY p.provider
