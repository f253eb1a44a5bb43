-- fact: fact_forecast
-- kept: once a match is over
-- Grain: match, signal, tenth: how often a probability was said, and how often it came true. Counted by tenths, as a season
-- has hundreds of thousands of them. Of every version.
CREATE TABLE mart.forecast (
    match_key      integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    signal         text NOT NULL,
    signal_version integer NOT NULL,
    tenth          smallint NOT NULL,
    forecasts      integer NOT NULL,
    value_sum      double precision NOT NULL,
    came_true      integer NOT NULL,
    PRIMARY KEY (match_key, signal, signal_version, tenth)
);
COMMENT ON TABLE mart.forecast IS 'Kept rows of mart.fact_forecast, of every version; read that';
COMMENT ON COLUMN mart.forecast.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.forecast.signal IS 'win_probability, at full minutes, or xg: mart.dim_signal';
COMMENT ON COLUMN mart.forecast.signal_version IS 'Version of the signal';
COMMENT ON COLUMN mart.forecast.tenth IS '0 for probabilities below 0.1, … 9 from 0.9 on';
COMMENT ON COLUMN mart.forecast.forecasts IS 'How many there were';
COMMENT ON COLUMN mart.forecast.value_sum IS 'Their sum: what was to be expected';
COMMENT ON COLUMN mart.forecast.came_true IS 'How many came true: the result of the match as it stands, or a goal';

CREATE FUNCTION mart.forecast_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.forecast
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 15 AS $$
    SELECT match_key, signal, signal_version, least(floor(value * 10), 9)::smallint, count(*)::integer,
           round(sum(value)::numeric, 9)::double precision, (count(*) FILTER (WHERE came_true))::integer
    FROM (
        SELECT d.match_key, p.signal, p.signal_version, p.value,
               p.subject = CASE WHEN d.home_score > d.away_score THEN 'home' WHEN d.home_score < d.away_score THEN 'away'
                                ELSE 'draw' END AS came_true
        FROM mart.dim_match d
        JOIN signal.point p ON p.match_id = d.match_id AND p.signal = 'win_probability' AND p.anchor LIKE 'minute:%'
        WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer' AND p.value IS NOT NULL
        UNION ALL
        SELECT d.match_key, p.signal, p.signal_version, p.value, s.is_goal
        FROM mart.dim_match d
        JOIN mart.shot s ON s.match_key = d.match_key
        JOIN signal.point p ON p.match_id = d.match_id AND p.signal = 'xg' AND p.anchor = 'event:' || s.source_event_id
        WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer' AND p.value IS NOT NULL
    ) f
    GROUP BY 1, 2, 3, 4
$$;

CREATE VIEW mart.fact_forecast AS
SELECT s.match_key, s.match_id, s.signal, s.signal_version, s.tenth, s.forecasts, s.value_sum, s.came_true
FROM (
    SELECT k.match_id, s.* FROM mart.kept_now k JOIN mart.forecast s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, s.* FROM mart.computed_now k CROSS JOIN LATERAL mart.forecast_of(k.match_id, false) s
    WHERE k.sport = 'soccer'
) s
JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = s.signal AND v.version = s.signal_version
LEFT JOIN registry.canary c ON c.match_id = s.match_id AND c.signal = s.signal
-- Not as a CASE: the planner thinks that hardly a row fits one.
WHERE c.version IS NULL AND v.stage = 'live' OR v.version = c.version;
COMMENT ON VIEW mart.fact_forecast IS 'Grain: match, signal, tenth: how often a probability was said and came true; the version on air';
COMMENT ON COLUMN mart.fact_forecast.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.forecast', 'mart.fact_forecast');
