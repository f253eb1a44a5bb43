-- fact: fact_team_spell
-- kept: once a match is over
-- Grain: one of the two teams in one match, by the quarter of an hour, the state of the game, and whether its first
-- substitution had been: fact_team_minute in a tenth of the rows, for questions about seasons.
CREATE TABLE mart.team_spell (
    match_key         integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    team_key          integer NOT NULL,
    from_minute       integer NOT NULL,
    state             text NOT NULL,
    substitution      text NOT NULL,
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
    PRIMARY KEY (match_key, team_key, from_minute, state, substitution)
);
COMMENT ON TABLE mart.team_spell IS 'Kept rows of mart.fact_team_spell; read that';
COMMENT ON COLUMN mart.team_spell.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.team_spell.team_key IS 'mart.dim_team';
COMMENT ON COLUMN mart.team_spell.from_minute IS 'First minute of the quarter of an hour of the match clock: 0, 15, … 105; stoppage time counts to the last one of its half';
COMMENT ON COLUMN mart.team_spell.state IS 'leading, level or trailing, by the goals before each minute';
COMMENT ON COLUMN mart.team_spell.substitution IS 'before or after the minute of the team''s first substitution, which counts as after; none where none is told';
COMMENT ON COLUMN mart.team_spell.opponent_key IS 'mart.dim_team: the other one';
COMMENT ON COLUMN mart.team_spell.is_home IS 'The home team';
COMMENT ON COLUMN mart.team_spell.minutes IS 'Minutes of the match clock that began so';
COMMENT ON COLUMN mart.team_spell.goals IS 'Goals in these minutes, own goals of the opponents included';
COMMENT ON COLUMN mart.team_spell.goals_against IS 'Goals of the opponents in these minutes';
COMMENT ON COLUMN mart.team_spell.shots IS 'Shots, penalties included';
COMMENT ON COLUMN mart.team_spell.shots_against IS 'Shots of the opponents';
COMMENT ON COLUMN mart.team_spell.pressures IS 'Times an opponent was closed down; 0 where the feed does not tell it';
COMMENT ON COLUMN mart.team_spell.ppda_actions IS 'Defensive actions in the opponents'' 60 %: the second part of the own PPDA';
COMMENT ON COLUMN mart.team_spell.ppda_passes_faced IS 'The opponents'' passes in their own 60 %: the first part of the own PPDA';

CREATE FUNCTION mart.team_spell_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.team_spell
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 25 AS $$
    WITH d AS (
        SELECT match_key FROM mart.dim_match WHERE match_id = p_match_id
    ), m AS (
        SELECT k.* FROM mart.team_minute k WHERE p_kept AND k.match_key = (SELECT match_key FROM d)
        UNION ALL
        SELECT c.* FROM mart.team_minute_of(p_match_id, false) c WHERE NOT p_kept
    ), stints AS (
        SELECT k.* FROM mart.lineup_stint k WHERE p_kept AND k.match_key = (SELECT match_key FROM d)
        UNION ALL
        SELECT c.* FROM mart.lineup_stint_of(p_match_id, false) c WHERE NOT p_kept
    ), first AS (
        SELECT team_key, min(mart.minute_key(on_period, on_elapsed_s)) AS minute_key
        FROM stints WHERE on_reason = 'substitution' GROUP BY 1
    )
    SELECT m.match_key, m.team_key,
           15 * (least(m.minute_key % 1000, (ARRAY[44, 89, 104, 119])[m.minute_key / 1000]) / 15),
           CASE WHEN m.goal_difference > 0 THEN 'leading' WHEN m.goal_difference < 0 THEN 'trailing' ELSE 'level' END,
           CASE WHEN f.minute_key IS NULL THEN 'none' WHEN m.minute_key >= f.minute_key THEN 'after' ELSE 'before' END,
           m.opponent_key, m.is_home, count(*)::integer, sum(m.goals)::integer, sum(m.goals_against)::integer,
           sum(m.shots)::integer, sum(m.shots_against)::integer, sum(m.pressures)::integer, sum(m.ppda_actions)::integer,
           sum(m.ppda_passes_faced)::integer
    FROM m LEFT JOIN first f ON f.team_key = m.team_key
    GROUP BY 1, 2, 3, 4, 5, 6, 7
$$;

CREATE VIEW mart.fact_team_spell AS
SELECT k.match_key, k.match_id, s.team_key, s.from_minute, s.state, s.substitution, s.opponent_key, s.is_home, s.minutes,
       s.goals, s.goals_against, s.shots, s.shots_against, s.pressures, s.ppda_actions, s.ppda_passes_faced
FROM mart.kept_now k JOIN mart.team_spell s ON s.match_key = k.match_key WHERE k.sport = 'soccer'
UNION ALL
SELECT k.match_key, k.match_id, s.team_key, s.from_minute, s.state, s.substitution, s.opponent_key, s.is_home, s.minutes,
       s.goals, s.goals_against, s.shots, s.shots_against, s.pressures, s.ppda_actions, s.ppda_passes_faced
FROM mart.computed_now k CROSS JOIN LATERAL mart.team_spell_of(k.match_id, false) s WHERE k.sport = 'soccer';
COMMENT ON VIEW mart.fact_team_spell IS 'Grain: one of the two teams in one match, by quarter of an hour, state of the game, and before or after its first substitution; of periods 1 to 4';
COMMENT ON COLUMN mart.fact_team_spell.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.team_spell', 'mart.fact_team_spell');
