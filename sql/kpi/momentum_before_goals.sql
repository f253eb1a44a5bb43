-- kpi: momentum_before_goals
-- about: Who had the momentum at the last full minute before each goal: above 0 for the team that then scored.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT m.match_id, g.source_event_id, t.team_id, t.name AS team, g.period, g.elapsed_s,
       CASE WHEN g.scoring_team_key = m.home_team_key THEN p.value ELSE -p.value END AS momentum
FROM mart.fact_event g
JOIN mart.dim_match m USING (match_key)
JOIN mart.dim_team t ON t.team_key = g.scoring_team_key
LEFT JOIN mart.fact_signal_moment p
  ON p.match_id = g.match_id AND p.signal = 'momentum' AND p.source_event_id = g.source_event_id
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND g.scoring_team_key IS NOT NULL AND g.period < 5
ORDER BY m.kickoff_at, m.match_id, g.period, g.order_key
