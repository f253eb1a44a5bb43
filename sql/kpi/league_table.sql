-- kpi: league_table
-- about: The table of a competition from the goals in the events of matches that are over: three points for a win, one for a draw.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
WITH total AS (
    SELECT f.team_key, count(*) AS played, count(*) FILTER (WHERE points = 3) AS won, count(*) FILTER (WHERE points = 1) AS drawn,
           count(*) FILTER (WHERE points = 0) AS lost, sum(goals) AS goals, sum(goals_against) AS goals_against,
           sum(points) AS points
    FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
      AND m.status IN ('finished', 'full_time')
    GROUP BY f.team_key
)
SELECT rank() OVER (ORDER BY points DESC, goals - goals_against DESC, goals DESC) AS place, t.team_id, t.name AS team, played, won,
       drawn, lost, goals, goals_against, goals - goals_against AS goal_difference, points
FROM total JOIN mart.dim_team t USING (team_key)
ORDER BY place, t.team_id
