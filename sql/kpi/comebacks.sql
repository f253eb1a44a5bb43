-- kpi: comebacks
-- about: Points that teams took from matches in which they were behind.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
WITH behind AS (
    SELECT DISTINCT match_id, team_key FROM mart.fact_team_spell WHERE state = 'trailing'
)
SELECT t.team_id, t.name AS team, count(*) AS matches_behind, count(*) FILTER (WHERE f.points = 3) AS won,
       count(*) FILTER (WHERE f.points = 1) AS drawn, sum(f.points) AS points
FROM mart.fact_team_match f
LEFT JOIN behind b ON b.match_id = f.match_id AND b.team_key = f.team_key
JOIN mart.dim_match m ON m.match_key = f.match_key JOIN mart.dim_team t ON t.team_key = f.team_key
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND (b.match_id IS NOT NULL OR f.goals < f.goals_against)
GROUP BY t.team_key, t.team_id, t.name ORDER BY points DESC, matches_behind DESC, t.team_id
