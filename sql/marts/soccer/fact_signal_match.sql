-- fact: fact_signal_match
-- kept: once a match is over
-- Grain: match, signal, subject: what a signal came to over a match. Of every version there are values of: which one readers
-- see follows what is on air, the moment it changes.
CREATE TABLE mart.signal_match (
    match_key      integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    signal         text NOT NULL,
    signal_version integer NOT NULL,
    subject        text NOT NULL,
    team_key       integer,
    player_key     integer,
    value_count    bigint NOT NULL,
    value_sum      double precision,
    value_last     double precision,
    PRIMARY KEY (match_key, signal, signal_version, subject)
);
CREATE INDEX signal_match_signal ON mart.signal_match (signal, signal_version, match_key);
COMMENT ON TABLE mart.signal_match IS 'Kept rows of mart.fact_signal_match, of every version; read that';
COMMENT ON COLUMN mart.signal_match.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.signal_match.signal IS 'Name of the signal: mart.dim_signal';
COMMENT ON COLUMN mart.signal_match.signal_version IS 'Version of the signal';
COMMENT ON COLUMN mart.signal_match.subject IS 'Whom the values are about: a player, a team, an outcome, or match';
COMMENT ON COLUMN mart.signal_match.team_key IS 'mart.dim_team: the subject, or the team of the subject';
COMMENT ON COLUMN mart.signal_match.player_key IS 'mart.dim_player: the subject, where it is a player';
COMMENT ON COLUMN mart.signal_match.value_count IS 'How many values it has';
COMMENT ON COLUMN mart.signal_match.value_sum IS 'Their sum; means something where the signal is additive (xg, xt, …)';
COMMENT ON COLUMN mart.signal_match.value_last IS 'The last one in match order: what stands at the end (ppda, possession, …)';

CREATE FUNCTION mart.signal_match_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.signal_match
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 500 AS $$
    SELECT d.match_key, v.signal, v.signal_version, v.subject, t.team_key, pl.player_key, v.value_count,
           round(v.value_sum::numeric, 9)::double precision, v.value_last
    FROM mart.dim_match d
    CROSS JOIN LATERAL (
        SELECT p.signal, p.signal_version, p.subject, max(p.team_id) AS team_id, count(p.value) AS value_count,
               sum(p.value) AS value_sum,
               (array_agg(p.value ORDER BY p.period DESC, p.elapsed_s DESC, p.order_key DESC, p.anchor DESC)
                   FILTER (WHERE p.value IS NOT NULL))[1] AS value_last
        FROM signal.point p WHERE p.match_id = d.match_id GROUP BY 1, 2, 3
    ) v
    LEFT JOIN mart.dim_player pl ON pl.player_id = v.subject
    LEFT JOIN mart.dim_team t ON t.team_id = CASE WHEN v.team_id IS NULL THEN v.subject ELSE v.team_id END
    WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer'
$$;

CREATE VIEW mart.fact_signal_match AS
SELECT s.match_key, s.match_id, s.signal, s.signal_version, s.subject, s.team_key, s.player_key, s.value_count, s.value_sum,
       s.value_last
FROM (
    SELECT k.match_key, k.match_id, s.signal, s.signal_version, s.subject, s.team_key, s.player_key, s.value_count,
           s.value_sum, s.value_last
    FROM mart.kept_now k JOIN mart.signal_match s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_key, k.match_id, s.signal, s.signal_version, s.subject, s.team_key, s.player_key, s.value_count,
           s.value_sum, s.value_last
    FROM mart.computed_now k CROSS JOIN LATERAL mart.signal_match_of(k.match_id, false) s WHERE k.sport = 'soccer'
) s
-- What registry.on_air says, of a known sport: each version is looked up by its whole key.
JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = s.signal AND v.version = s.signal_version
LEFT JOIN registry.canary c ON c.match_id = s.match_id AND c.signal = s.signal
-- Not as a CASE: the planner thinks that hardly a row fits one.
WHERE c.version IS NULL AND v.stage = 'live' OR v.version = c.version;
COMMENT ON VIEW mart.fact_signal_match IS 'Grain: match, signal, subject: what the version on air came to over a match';
COMMENT ON COLUMN mart.fact_signal_match.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.signal_match', 'mart.fact_signal_match');
