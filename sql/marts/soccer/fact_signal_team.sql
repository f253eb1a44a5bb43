-- fact: fact_signal_team
-- kept: once a match is over
-- Grain: match, team, signal: what a signal came to over a match for a team and its players together. Questions about teams
-- over a season read it instead of the rows of every player. Of every version, as fact_signal_match is.
CREATE TABLE mart.signal_team (
    match_key      integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key       integer NOT NULL,
    signal         text NOT NULL,
    signal_version integer NOT NULL,
    value_count    bigint NOT NULL,
    value_sum      double precision,
    value_last     double precision,
    PRIMARY KEY (match_key, team_key, signal, signal_version)
);
COMMENT ON TABLE mart.signal_team IS 'Kept rows of mart.fact_signal_team, of every version; read that';
COMMENT ON COLUMN mart.signal_team.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.signal_team.team_key IS 'mart.dim_team: the subject, or the team of the subjects';
COMMENT ON COLUMN mart.signal_team.signal IS 'Name of the signal: mart.dim_signal';
COMMENT ON COLUMN mart.signal_team.signal_version IS 'Version of the signal';
COMMENT ON COLUMN mart.signal_team.value_count IS 'How many values it has';
COMMENT ON COLUMN mart.signal_team.value_sum IS 'Their sum; means something where the signal is additive (xg, xt, …)';
COMMENT ON COLUMN mart.signal_team.value_last IS 'Of a signal about teams, the last one in match order: what stands at the end (ppda, possession, …)';

CREATE FUNCTION mart.signal_team_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.signal_team
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 40 AS $$
    SELECT s.match_key, s.team_key, s.signal, s.signal_version, sum(s.value_count)::bigint,
           round(sum(s.value_sum)::numeric, 9)::double precision, max(s.value_last) FILTER (WHERE s.player_key IS NULL)
    FROM (
        SELECT k.* FROM mart.signal_match k
        WHERE p_kept AND k.match_key = (SELECT d.match_key FROM mart.dim_match d WHERE d.match_id = p_match_id)
        UNION ALL
        SELECT c.* FROM mart.signal_match_of(p_match_id, false) c WHERE NOT p_kept
    ) s
    WHERE s.team_key IS NOT NULL GROUP BY 1, 2, 3, 4
$$;

CREATE VIEW mart.fact_signal_team AS
SELECT s.match_key, s.match_id, s.team_key, s.signal, s.signal_version, s.value_count, s.value_sum, s.value_last
FROM (
    SELECT k.match_id, s.* FROM mart.kept_now k JOIN mart.signal_team s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, s.* FROM mart.computed_now k CROSS JOIN LATERAL mart.signal_team_of(k.match_id, false) s
    WHERE k.sport = 'soccer'
) s
JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = s.signal AND v.version = s.signal_version
LEFT JOIN registry.canary c ON c.match_id = s.match_id AND c.signal = s.signal
-- Not as a CASE: the planner thinks that hardly a row fits one.
WHERE c.version IS NULL AND v.stage = 'live' OR v.version = c.version;
COMMENT ON VIEW mart.fact_signal_team IS 'Grain: match, team, signal: what the version on air came to over a match for a team and its players together';
COMMENT ON COLUMN mart.fact_signal_team.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.signal_team', 'mart.fact_signal_team');
