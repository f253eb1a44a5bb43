-- kpi: calibration_win_probability
-- about: Is the win probability right? Its mean at full minutes of matches that are over, beside how often it came true, by month and by tenths.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT to_char(m.kickoff_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, least(floor(f.value * 10), 9)::integer AS tenth, count(*) AS forecasts,
       avg(f.value) AS mean_probability,
       avg((f.subject = CASE WHEN m.home_score > m.away_score THEN 'home' WHEN m.home_score < m.away_score THEN 'away'
            ELSE 'draw' END)::integer)::double precision AS share_come_true
FROM mart.fact_signal f JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND m.sport = 'soccer' AND f.signal = 'win_probability' AND f.anchor LIKE 'minute:%' AND f.value IS NOT NULL
  AND m.status IN ('finished', 'full_time')
GROUP BY 1, 2 ORDER BY 1, 2
