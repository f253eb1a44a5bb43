-- kpi: pressing_by_game_state
-- about: How hard teams press when they lead, are level and trail: passes per defensive action, and pressures a minute.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: team text | this team only (its id, as statsbomb:team:217)
SELECT t.team_id, t.name AS team, f.state, sum(f.minutes) AS minutes,
       sum(f.ppda_passes_faced)::double precision / nullif(sum(f.ppda_actions), 0) AS ppda,
       sum(f.pressures)::double precision / sum(f.minutes) AS pressures_per_minute
FROM mart.fact_team_spell f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND (:team IS NULL OR t.team_id = :team)
GROUP BY t.team_key, t.team_id, t.name, f.state ORDER BY t.team_id, f.state
