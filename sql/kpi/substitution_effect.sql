-- kpi: substitution_effect
-- about: What changes with a team's first substitution: shots and goals for and against in 90 minutes, before it and from its minute on.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT t.team_id, t.name AS team, f.substitution = 'after' AS is_after, sum(f.minutes) AS minutes,
       90 * sum(f.shots)::double precision / sum(f.minutes) AS shots_per_90,
       90 * sum(f.shots_against)::double precision / sum(f.minutes) AS shots_against_per_90,
       90 * sum(f.goals)::double precision / sum(f.minutes) AS goals_per_90,
       90 * sum(f.goals_against)::double precision / sum(f.minutes) AS goals_against_per_90
FROM mart.fact_team_spell f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND f.substitution <> 'none'
GROUP BY t.team_key, t.team_id, t.name, is_after ORDER BY t.team_id, is_after
