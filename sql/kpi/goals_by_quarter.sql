-- kpi: goals_by_quarter
-- about: When teams score and concede, by quarters of an hour of the match clock; stoppage time counts to the last one of its half.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: team text | this team only (its id, as statsbomb:team:217)
SELECT t.team_id, t.name AS team, f.from_minute, sum(f.goals) AS goals, sum(f.goals_against) AS goals_against
FROM mart.fact_team_spell f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND (:team IS NULL OR t.team_id = :team)
GROUP BY t.team_key, t.team_id, t.name, f.from_minute ORDER BY t.team_id, f.from_minute
