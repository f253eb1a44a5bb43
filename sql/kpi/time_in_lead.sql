-- kpi: time_in_lead
-- about: Minutes of the match clock that teams spent in the lead, level and behind.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT t.team_id, t.name AS team, sum(f.minutes) AS minutes, coalesce(sum(f.minutes) FILTER (WHERE f.state = 'leading'), 0) AS minutes_leading,
       coalesce(sum(f.minutes) FILTER (WHERE f.state = 'level'), 0) AS minutes_level,
       coalesce(sum(f.minutes) FILTER (WHERE f.state = 'trailing'), 0) AS minutes_trailing
FROM mart.fact_team_spell f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY t.team_key, t.team_id, t.name ORDER BY minutes_leading DESC, t.team_id
