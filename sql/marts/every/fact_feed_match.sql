-- fact: fact_feed_match
-- kept: once a match is over
-- Grain: match and provider: what came of a match from whom, corrections, and how late, where it was played as it came.
CREATE TABLE mart.feed_match (
    match_key     integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    provider_key  integer NOT NULL,
    is_folded     boolean NOT NULL,
    messages      integer NOT NULL,
    amended       integer NOT NULL,
    retracted     integer NOT NULL,
    overtaken     integer NOT NULL,
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    latency_p50_s double precision,
    latency_p95_s double precision,
    PRIMARY KEY (match_key, provider_key)
);
COMMENT ON TABLE mart.feed_match IS 'Kept rows of mart.fact_feed_match; read that';
COMMENT ON COLUMN mart.feed_match.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.feed_match.provider_key IS 'mart.dim_provider';
COMMENT ON COLUMN mart.feed_match.is_folded IS 'The provider whose events the signals are made of';
COMMENT ON COLUMN mart.feed_match.messages IS 'Messages of events in the log, repeats not counted';
COMMENT ON COLUMN mart.feed_match.amended IS 'Messages that changed an event';
COMMENT ON COLUMN mart.feed_match.retracted IS 'Messages that took an event back';
COMMENT ON COLUMN mart.feed_match.overtaken IS 'Messages that came after a newer revision of their event';
COMMENT ON COLUMN mart.feed_match.first_at IS 'When the first one was stored';
COMMENT ON COLUMN mart.feed_match.last_at IS 'When the last one was stored';
COMMENT ON COLUMN mart.feed_match.latency_p50_s IS 'Median of stored less nominal time of the event, seconds; null for imports. It holds the error of the nominal breaks';
COMMENT ON COLUMN mart.feed_match.latency_p95_s IS '95th percentile of the same';

CREATE FUNCTION mart.feed_match_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.feed_match
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
    SELECT d.match_key, pr.provider_key, bool_or(s.provider = c.folded),
           count(*)::integer, count(*) FILTER (WHERE e.kind = 'amended')::integer,
           count(*) FILTER (WHERE e.kind = 'retracted')::integer, count(*) FILTER (WHERE NOT e.effective)::integer,
           min(e.recorded_at), max(e.recorded_at),
           round((percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', e.recorded_at - e.occurred_at))
                  FILTER (WHERE d.origin = 'live'))::numeric, 6),
           round((percentile_cont(0.95) WITHIN GROUP (ORDER BY date_part('epoch', e.recorded_at - e.occurred_at))
                  FILTER (WHERE d.origin = 'live'))::numeric, 6)
    FROM mart.dim_match d
    JOIN (SELECT o.match_id, o.version, log.primary_provider(o.match_id, o.version) AS folded
          FROM ops.cursor o WHERE o.match_id = p_match_id AND o.pipeline = 'live' OFFSET 0) c ON c.match_id = d.match_id
    JOIN log.feed_event e ON e.match_id = d.match_id AND e.version <= c.version AND NOT e.control
    JOIN log.stream s ON s.stream_id = e.stream_id
    JOIN mart.dim_provider pr ON pr.provider = s.provider
    WHERE d.match_id = p_match_id AND d.is_real
    GROUP BY d.match_key, d.origin, pr.provider_key
$$;

CREATE VIEW mart.fact_feed_match AS
SELECT k.match_key, k.match_id, f.provider_key, f.is_folded, f.messages, f.amended, f.retracted, f.overtaken, f.first_at,
       f.last_at, f.latency_p50_s, f.latency_p95_s
FROM mart.kept_now k JOIN mart.feed_match f ON f.match_key = k.match_key
UNION ALL
SELECT k.match_key, k.match_id, f.provider_key, f.is_folded, f.messages, f.amended, f.retracted, f.overtaken, f.first_at,
       f.last_at, f.latency_p50_s, f.latency_p95_s
FROM mart.computed_now k CROSS JOIN LATERAL mart.feed_match_of(k.match_id, false) f;
COMMENT ON VIEW mart.fact_feed_match IS 'Grain: match and provider: messages, corrections, lateness';
COMMENT ON COLUMN mart.fact_feed_match.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.feed_match', 'mart.fact_feed_match');
