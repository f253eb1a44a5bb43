-- kpi: win_probability_swings
-- about: The moments that moved a result most: goals and dismissals by the win probability that they brought to a team.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: limit integer = 20 | how many moments
SELECT m.match_id, m.kickoff_at, t.team_id, t.name AS team, f.period, f.elapsed_s, f.source_event_id, f.value AS win_probability_added
FROM mart.fact_signal_moment f JOIN mart.dim_match m USING (match_key) LEFT JOIN mart.dim_team t ON t.team_key = f.team_key
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND f.signal = 'win_probability_added' AND f.value > 0
ORDER BY f.value DESC, m.match_id, f.period, f.elapsed_s, f.order_key, t.team_id LIMIT :limit
