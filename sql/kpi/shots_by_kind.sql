-- kpi: shots_by_kind
-- about: Where goals come from: shots, goals and xG by kind of shot (open play, free kick, penalty, corner).
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT s.shot_kind, count(*) AS shots, count(*) FILTER (WHERE s.is_goal) AS goals, sum(s.xg) AS xg,
       count(*) FILTER (WHERE s.is_goal)::double precision / count(*) AS conversion
FROM mart.fact_shot s JOIN mart.dim_match m USING (match_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
  AND NOT s.is_shootout
GROUP BY s.shot_kind ORDER BY shots DESC, s.shot_kind
