-- kpi: shot_map
-- about: Every shot of a match with place, outcome and xG, in match order.
-- param: match text required | the match's own id
SELECT s.source_event_id, t.name AS team, p.name AS player, s.period, s.elapsed_s, s.x_m, s.y_m, s.shot_kind, s.body_part, s.outcome,
       s.is_goal, s.is_shootout, s.xg
FROM mart.fact_shot s LEFT JOIN mart.dim_team t USING (team_key) LEFT JOIN mart.dim_player p USING (player_key)
WHERE s.match_id = :match ORDER BY s.period, s.elapsed_s, s.source_event_id
