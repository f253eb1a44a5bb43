-- kpi: calibration_xg
-- about: Is xG right? Mean xG beside the share of goals, by month and by tenths of probability.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT to_char(m.kickoff_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, least(floor(s.xg * 10), 9)::integer AS tenth, count(*) AS shots,
       avg(s.xg) AS mean_xg, avg(s.is_goal::integer)::double precision AS share_of_goals
FROM mart.fact_shot s JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND s.xg IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
