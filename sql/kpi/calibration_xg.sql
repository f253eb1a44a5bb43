-- kpi: calibration_xg
-- about: Is xG right? Mean xG beside the share of goals, by month and by tenths of probability.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- The month without to_char, which other engines that read an export do not have.
SELECT CAST(CAST(extract(year FROM m.kickoff_at AT TIME ZONE 'UTC') AS integer) AS text) || '-'
       || lpad(CAST(CAST(extract(month FROM m.kickoff_at AT TIME ZONE 'UTC') AS integer) AS text), 2, '0') AS month,
       f.tenth::integer, sum(f.forecasts) AS shots, sum(f.value_sum) / sum(f.forecasts) AS mean_xg, sum(f.came_true)::double precision / sum(f.forecasts) AS share_of_goals
FROM mart.fact_forecast f JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND f.signal = 'xg'
GROUP BY 1, 2 ORDER BY 1, 2
