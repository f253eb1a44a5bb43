-- fact: fact_signal_moment
-- kept: once a match is over
-- Grain: match, signal, subject, anchor: the few values that questions about seasons are asked about one by one: xG of shots,
-- win probability added by goals, dismissals and time, and the momentum that stood before each goal. Of every version.
CREATE TABLE mart.signal_moment (
    match_key       integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    signal          text NOT NULL,
    signal_version  integer NOT NULL,
    subject         text NOT NULL,
    anchor          text NOT NULL,
    source_event_id text,
    team_key        integer,
    period          smallint NOT NULL,
    elapsed_s       double precision NOT NULL,
    order_key       double precision NOT NULL,
    value           double precision NOT NULL,
    PRIMARY KEY (match_key, signal, signal_version, subject, anchor)
);
COMMENT ON TABLE mart.signal_moment IS 'Kept rows of mart.fact_signal_moment, of every version; read that';
COMMENT ON COLUMN mart.signal_moment.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.signal_moment.signal IS 'xg, win_probability_added or momentum: mart.dim_signal';
COMMENT ON COLUMN mart.signal_moment.signal_version IS 'Version of the signal';
COMMENT ON COLUMN mart.signal_moment.subject IS 'Whom the value is about: a player, a team, or match';
COMMENT ON COLUMN mart.signal_moment.anchor IS 'event:<source event id>, or minute:<period>:<minute>; of momentum, the goal';
COMMENT ON COLUMN mart.signal_moment.source_event_id IS 'The shot, or the event that brought the value; of momentum, the goal; null for a full minute';
COMMENT ON COLUMN mart.signal_moment.team_key IS 'mart.dim_team: the team of the subject; of momentum, who scored';
COMMENT ON COLUMN mart.signal_moment.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 0 before, 100 after';
COMMENT ON COLUMN mart.signal_moment.elapsed_s IS 'Match clock, seconds';
COMMENT ON COLUMN mart.signal_moment.order_key IS 'With period and elapsed_s the position in match order';
COMMENT ON COLUMN mart.signal_moment.value IS 'In the signal''s unit; of momentum, the last one before the goal: above 0 for the home team';

CREATE FUNCTION mart.signal_moment_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.signal_moment
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 60 AS $$
    SELECT d.match_key, p.signal, p.signal_version, p.subject, p.anchor, p.source_event_id, t.team_key, p.period, p.elapsed_s,
           p.order_key, p.value
    FROM mart.dim_match d
    JOIN signal.point p ON p.match_id = d.match_id AND p.signal IN ('xg', 'win_probability_added') AND p.value IS NOT NULL
    LEFT JOIN mart.dim_team t ON t.team_id = p.team_id
    WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer'
    UNION ALL
    SELECT d.match_key, 'momentum', v.version, s.subject, 'event:' || g.source_event_id, g.source_event_id, g.scoring_team_key,
           g.period, g.elapsed_s, g.order_key, s.value
    FROM mart.dim_match d
    CROSS JOIN LATERAL mart.match_events(d.match_id, p_kept) g
    JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = 'momentum'
    CROSS JOIN LATERAL (
        SELECT p.subject, p.value FROM signal.point p
        WHERE p.match_id = d.match_id AND p.signal = 'momentum' AND p.signal_version = v.version
          AND (p.period, p.elapsed_s) < (g.period, g.elapsed_s)
        ORDER BY p.period DESC, p.elapsed_s DESC, p.order_key DESC LIMIT 1
    ) s
    WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer' AND g.scoring_team_key IS NOT NULL AND g.period < 5
      AND s.value IS NOT NULL
$$;

CREATE VIEW mart.fact_signal_moment AS
SELECT s.match_key, s.match_id, s.signal, s.signal_version, s.subject, s.anchor, s.source_event_id, s.team_key, s.period,
       s.elapsed_s, s.order_key, s.value
FROM (
    SELECT k.match_id, s.* FROM mart.kept_now k JOIN mart.signal_moment s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, s.* FROM mart.computed_now k CROSS JOIN LATERAL mart.signal_moment_of(k.match_id, false) s
    WHERE k.sport = 'soccer'
) s
JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = s.signal AND v.version = s.signal_version
LEFT JOIN registry.canary c ON c.match_id = s.match_id AND c.signal = s.signal
-- Not as a CASE: the planner thinks that hardly a row fits one.
WHERE c.version IS NULL AND v.stage = 'live' OR v.version = c.version;
COMMENT ON VIEW mart.fact_signal_moment IS 'Grain: match, signal, subject, anchor: xG of shots, win probability added, and momentum before goals; the version on air';
COMMENT ON COLUMN mart.fact_signal_moment.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.signal_moment', 'mart.fact_signal_moment');
