-- fact: fact_team_state
-- kept: once a match is over
-- Grain: one of the two teams in one match while it led, was level or trailed: fact_team_minute by the state of the game, for
-- questions about seasons.
CREATE TABLE mart.team_state (
    match_key         integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key          integer NOT NULL,
    state             text NOT NULL,
    opponent_key      integer NOT NULL,
    is_home           boolean NOT NULL,
    minutes           integer NOT NULL,
    goals             integer NOT NULL,
    goals_against     integer NOT NULL,
    shots             integer NOT NULL,
    shots_against     integer NOT NULL,
    pressures         integer NOT NULL,
    ppda_actions      integer NOT NULL,
    ppda_passes_faced integer NOT NULL,
    PRIMARY KEY (match_key, team_key, state)
);
COMMENT ON TABLE mart.team_state IS 'Kept rows of mart.fact_team_state; read that';
COMMENT ON COLUMN mart.team_state.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.team_state.team_key IS 'mart.dim_team';
COMMENT ON COLUMN mart.team_state.state IS 'leading, level or trailing, by the goals before each minute';
COMMENT ON COLUMN mart.team_state.opponent_key IS 'mart.dim_team: the other one';
COMMENT ON COLUMN mart.team_state.is_home IS 'The home team';
COMMENT ON COLUMN mart.team_state.minutes IS 'Minutes of the match clock that began in this state';
COMMENT ON COLUMN mart.team_state.goals IS 'Goals in these minutes, own goals of the opponents included';
COMMENT ON COLUMN mart.team_state.goals_against IS 'Goals of the opponents in these minutes';
COMMENT ON COLUMN mart.team_state.shots IS 'Shots, penalties included';
COMMENT ON COLUMN mart.team_state.shots_against IS 'Shots of the opponents';
COMMENT ON COLUMN mart.team_state.pressures IS 'Times an opponent was closed down; 0 where the feed does not tell it';
COMMENT ON COLUMN mart.team_state.ppda_actions IS 'Defensive actions in the opponents'' 60 %: the second part of the own PPDA';
COMMENT ON COLUMN mart.team_state.ppda_passes_faced IS 'The opponents'' passes in their own 60 %: the first part of the own PPDA';

CREATE FUNCTION mart.team_state_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.team_state
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 5 AS $$
    SELECT m.match_key, m.team_key,
           CASE WHEN m.goal_difference > 0 THEN 'leading' WHEN m.goal_difference < 0 THEN 'trailing' ELSE 'level' END,
           m.opponent_key, m.is_home, count(*)::integer, sum(m.goals)::integer, sum(m.goals_against)::integer,
           sum(m.shots)::integer, sum(m.shots_against)::integer, sum(m.pressures)::integer, sum(m.ppda_actions)::integer,
           sum(m.ppda_passes_faced)::integer
    FROM (
        SELECT k.* FROM mart.team_minute k
        WHERE p_kept AND k.match_key = (SELECT d.match_key FROM mart.dim_match d WHERE d.match_id = p_match_id)
        UNION ALL
        SELECT c.* FROM mart.team_minute_of(p_match_id, false) c WHERE NOT p_kept
    ) m
    GROUP BY 1, 2, 3, 4, 5
$$;

CREATE VIEW mart.fact_team_state AS
SELECT k.match_key, k.match_id, s.team_key, s.state, s.opponent_key, s.is_home, s.minutes, s.goals, s.goals_against, s.shots,
       s.shots_against, s.pressures, s.ppda_actions, s.ppda_passes_faced
FROM mart.kept_now k JOIN mart.team_state s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
UNION ALL
SELECT k.match_key, k.match_id, s.team_key, s.state, s.opponent_key, s.is_home, s.minutes, s.goals, s.goals_against, s.shots,
       s.shots_against, s.pressures, s.ppda_actions, s.ppda_passes_faced
FROM mart.computed_now k CROSS JOIN LATERAL mart.team_state_of(k.match_id, false) s WHERE k.sport = 'soccer';
COMMENT ON VIEW mart.fact_team_state IS 'Grain: one of the two teams in one match while it led, was level or trailed, of periods 1 to 4';
COMMENT ON COLUMN mart.fact_team_state.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.team_state', 'mart.fact_team_state');
