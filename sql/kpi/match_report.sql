-- kpi: match_report
-- about: Both teams of a match side by side: goals, shots, xG, passes, possession, pressing, cards.
-- param: match text required | the match's own id
SELECT t.team_id, t.name AS team, f.is_home, f.goals, f.shots, f.shots_on_target, f.xg, f.xt, f.passes,
       f.passes_completed::double precision / nullif(f.passes, 0) AS completion, f.possession, f.field_tilt, f.ppda, f.corners, f.fouls,
       f.yellow_cards, f.red_cards
FROM mart.fact_team_match f JOIN mart.dim_team t USING (team_key)
WHERE f.match_id = :match ORDER BY f.is_home DESC
