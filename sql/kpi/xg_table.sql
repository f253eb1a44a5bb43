-- kpi: xg_table
-- about: Teams by the difference of expected goals for and against a match, beside the difference of goals.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT * FROM (
    SELECT t.team_id, t.name AS team, count(*) AS matches, sum(f.xg) AS xg, sum(f.xg_against) AS xg_against,
           sum(f.xg - f.xg_against) / count(*) AS xg_difference_per_match,
           sum(f.goals - f.goals_against)::double precision / count(*) AS goal_difference_per_match
    FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY t.team_key, t.team_id, t.name
) q
ORDER BY round(xg_difference_per_match::numeric, 6) DESC, team_id
