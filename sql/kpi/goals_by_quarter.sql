-- kpi: goals_by_quarter
-- about: When teams score and concede, by quarters of an hour of the match clock; stoppage time counts to the last one of its half.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: team text | this team only (its id, as statsbomb:team:217)
SELECT t.team_id, t.name AS team,
       15 * (CASE d.period WHEN 1 THEN least(d.minute, 44) WHEN 2 THEN least(d.minute, 89) WHEN 3 THEN least(d.minute, 104)
                  ELSE least(d.minute, 119) END / 15) AS from_minute,
       sum(f.goals) AS goals, sum(f.goals_against) AS goals_against
FROM mart.fact_team_minute f JOIN mart.dim_minute d USING (minute_key) JOIN mart.dim_match m USING (match_key)
JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND (:team IS NULL OR t.team_id = :team)
GROUP BY t.team_key, from_minute ORDER BY t.team_id, from_minute
