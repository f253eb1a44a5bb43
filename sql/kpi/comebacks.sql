-- kpi: comebacks
-- about: Points that teams took from matches in which they were behind.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
WITH behind AS (
    SELECT match_key, team_key FROM mart.fact_team_minute GROUP BY 1, 2 HAVING min(goal_difference + goals - goals_against) < 0
)
SELECT t.team_id, t.name AS team, count(*) AS matches_behind, count(*) FILTER (WHERE f.points = 3) AS won,
       count(*) FILTER (WHERE f.points = 1) AS drawn, sum(f.points) AS points
FROM behind b JOIN mart.fact_team_match f ON f.match_key = b.match_key AND f.team_key = b.team_key
JOIN mart.dim_match m ON m.match_key = b.match_key JOIN mart.dim_team t ON t.team_key = b.team_key
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY t.team_key ORDER BY points DESC, matches_behind DESC, t.team_id
