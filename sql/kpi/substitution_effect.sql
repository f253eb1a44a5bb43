-- kpi: substitution_effect
-- about: What changes with a team's first substitution: shots and goals for and against in 90 minutes, before it and from its minute on.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
WITH first AS (
    SELECT match_key, team_key, min(mart.minute_key(on_period, on_elapsed_s)) AS minute_key
    FROM mart.fact_lineup_stint WHERE on_reason = 'substitution' GROUP BY 1, 2
)
SELECT t.team_id, t.name AS team, f.minute_key >= s.minute_key AS is_after, count(*) AS minutes,
       90 * sum(f.shots)::double precision / count(*) AS shots_per_90,
       90 * sum(f.shots_against)::double precision / count(*) AS shots_against_per_90,
       90 * sum(f.goals)::double precision / count(*) AS goals_per_90,
       90 * sum(f.goals_against)::double precision / count(*) AS goals_against_per_90
FROM mart.fact_team_minute f
JOIN first s ON s.match_key = f.match_key AND s.team_key = f.team_key
JOIN mart.dim_match m ON m.match_key = f.match_key JOIN mart.dim_team t ON t.team_key = f.team_key
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY t.team_key, is_after ORDER BY t.team_id, is_after
