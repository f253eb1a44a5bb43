-- fact: fact_pass
-- view: of fact_event
-- packed: with it
CREATE VIEW mart.fact_pass AS
SELECT match_key, match_id, source_event_id, provider_key, minute_key, team_key, player_key, recipient_id, occurred_at,
       period, elapsed_s, order_key, x_m, y_m, end_x_m, end_y_m, outcome, outcome = 'complete' AS is_complete, pass_kind,
       coalesce(is_cross, false) AS is_cross, body_part, coalesce(under_pressure, false) AS under_pressure, possession,
       sqrt((end_x_m - x_m) ^ 2 + (end_y_m - y_m) ^ 2) AS length_m, end_x_m - x_m AS gain_m,
       x_m < 70 AND end_x_m >= 70 AS enters_final_third,
       NOT (x_m >= 88.5 AND y_m BETWEEN 13.84 AND 54.16) AND end_x_m >= 88.5 AND end_y_m BETWEEN 13.84 AND 54.16 AS enters_box
FROM mart.fact_event WHERE event_type = 'pass';
COMMENT ON VIEW mart.fact_pass IS 'Grain: one pass, set pieces and crosses included. Of one match: WHERE match_id = …';
COMMENT ON COLUMN mart.fact_pass.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_pass.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_pass.source_event_id IS 'The provider''s id of the event';
COMMENT ON COLUMN mart.fact_pass.provider_key IS 'mart.dim_provider: whose stream is folded';
COMMENT ON COLUMN mart.fact_pass.minute_key IS 'mart.dim_minute';
COMMENT ON COLUMN mart.fact_pass.team_key IS 'mart.dim_team: the acting team';
COMMENT ON COLUMN mart.fact_pass.player_key IS 'mart.dim_player: who acts';
COMMENT ON COLUMN mart.fact_pass.recipient_id IS 'mart.dim_player.player_id: who a pass was meant for, where the provider says';
COMMENT ON COLUMN mart.fact_pass.occurred_at IS 'Kick-off plus the nominal time on the wall of the moment';
COMMENT ON COLUMN mart.fact_pass.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 0 before, 100 after';
COMMENT ON COLUMN mart.fact_pass.elapsed_s IS 'Match clock, seconds';
COMMENT ON COLUMN mart.fact_pass.order_key IS 'The provider''s own order inside the period';
COMMENT ON COLUMN mart.fact_pass.x_m IS 'Metres from the acting team''s own goal line';
COMMENT ON COLUMN mart.fact_pass.y_m IS 'Metres from its left touchline';
COMMENT ON COLUMN mart.fact_pass.end_x_m IS 'Where it ended, metres from the acting team''s own goal line';
COMMENT ON COLUMN mart.fact_pass.end_y_m IS 'Where it ended, metres from its left touchline';
COMMENT ON COLUMN mart.fact_pass.outcome IS 'complete, incomplete, out, offside, injury_clearance or unknown';
COMMENT ON COLUMN mart.fact_pass.is_complete IS 'It reached a team-mate; null where the provider does not say';
COMMENT ON COLUMN mart.fact_pass.pass_kind IS 'corner, free_kick, throw_in, goal_kick, kick_off, recovery, interception; null for a plain pass';
COMMENT ON COLUMN mart.fact_pass.is_cross IS 'A cross';
COMMENT ON COLUMN mart.fact_pass.body_part IS 'left_foot, right_foot, head or other';
COMMENT ON COLUMN mart.fact_pass.under_pressure IS 'An opponent closed the passer down; false where the provider does not say';
COMMENT ON COLUMN mart.fact_pass.possession IS 'The provider''s number of the chain of possession';
COMMENT ON COLUMN mart.fact_pass.length_m IS 'Metres from start to end';
COMMENT ON COLUMN mart.fact_pass.gain_m IS 'Metres towards the opponents'' goal line; negative for a pass back';
COMMENT ON COLUMN mart.fact_pass.enters_final_third IS 'From outside into the last 35 m';
COMMENT ON COLUMN mart.fact_pass.enters_box IS 'From outside into the opponents'' penalty area';
