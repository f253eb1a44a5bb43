-- kpi: momentum_before_goals
-- about: Who had the momentum at the last full minute before each goal: above 0 for the team that then scored.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT m.match_id, g.source_event_id, t.team_id, t.name AS team, g.period, g.elapsed_s,
       CASE WHEN g.scoring_team_key = m.home_team_key THEN p.value ELSE -p.value END AS momentum
FROM mart.fact_event g
JOIN mart.dim_match m USING (match_key)
JOIN mart.dim_team t ON t.team_key = g.scoring_team_key
LEFT JOIN LATERAL (
    SELECT s.value FROM mart.fact_signal s
    WHERE s.match_id = m.match_id AND s.signal = 'momentum' AND (s.period, s.elapsed_s) < (g.period, g.elapsed_s)
    ORDER BY s.period DESC, s.elapsed_s DESC, s.order_key DESC LIMIT 1
) p ON true
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND g.event_type IN ('shot', 'own_goal') AND g.scoring_team_key IS NOT NULL AND g.period < 5
ORDER BY m.kickoff_at, m.match_id, g.period, g.order_key
