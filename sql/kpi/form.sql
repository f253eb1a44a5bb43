-- kpi: form
-- about: Teams by the points of their last matches that are over, newest first (W, D, L).
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: last integer = 5 | how many matches of each team
WITH recent AS (
    SELECT f.team_key, f.points, f.goals - f.goals_against AS goal_difference,
           row_number() OVER (PARTITION BY f.team_key ORDER BY m.kickoff_at DESC, m.match_id) AS back
    FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
      AND m.status IN ('finished', 'full_time')
)
SELECT t.team_id, t.name AS team, count(*) AS matches, sum(points) AS points, sum(goal_difference) AS goal_difference,
       string_agg(CASE points WHEN 3 THEN 'W' WHEN 1 THEN 'D' ELSE 'L' END, '' ORDER BY back) AS form
FROM recent JOIN mart.dim_team t USING (team_key) WHERE back <= :last
GROUP BY t.team_key, t.team_id, t.name ORDER BY points DESC, goal_difference DESC, t.team_id
