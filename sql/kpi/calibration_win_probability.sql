-- kpi: calibration_win_probability
-- about: Is the win probability right? Its mean at full minutes of matches that are over, beside how often it came true, by month and by tenths.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- The month without to_char, which other engines that read an export do not have.
SELECT CAST(CAST(extract(year FROM m.kickoff_at AT TIME ZONE 'UTC') AS integer) AS text) || '-'
       || lpad(CAST(CAST(extract(month FROM m.kickoff_at AT TIME ZONE 'UTC') AS integer) AS text), 2, '0') AS month,
       f.tenth::integer, sum(f.forecasts) AS forecasts, sum(f.value_sum) / sum(f.forecasts) AS mean_probability,
       sum(f.came_true)::double precision / sum(f.forecasts) AS share_come_true
FROM mart.fact_forecast f JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND f.signal = 'win_probability' AND m.status IN ('finished', 'full_time')
GROUP BY 1, 2 ORDER BY 1, 2
