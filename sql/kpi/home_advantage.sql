-- kpi: home_advantage
-- about: What playing at home is worth: results, goals and xG of home teams by competition and season.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT m.competition, m.season, count(*) AS matches, count(*) FILTER (WHERE f.points = 3)::double precision / count(*) AS share_won,
       count(*) FILTER (WHERE f.points = 1)::double precision / count(*) AS share_drawn,
       avg(f.goals - f.goals_against)::double precision AS goal_difference, avg(f.xg - f.xg_against) AS xg_difference
FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND f.is_home
GROUP BY m.competition, m.season ORDER BY m.competition, m.season
