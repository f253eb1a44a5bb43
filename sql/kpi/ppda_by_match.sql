-- kpi: ppda_by_match
-- about: Passes per defensive action of both teams in every match; the lower, the harder a team pressed.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: team text | matches of this team only (its id, as statsbomb:team:217)
SELECT m.match_id, m.kickoff_at, t.team_id, t.name AS team, o.name AS opponent, f.ppda_passes_faced, f.ppda_actions, f.ppda
FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
JOIN mart.dim_team o ON o.team_key = f.opponent_key
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND (:team IS NULL OR t.team_id = :team)
ORDER BY m.kickoff_at, m.match_id, t.team_id
