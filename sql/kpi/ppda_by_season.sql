-- kpi: ppda_by_season
-- about: Passes per defensive action of teams over a season: all passes faced by all actions, no mean of means.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT * FROM (
    SELECT m.competition, m.season, t.team_id, t.name AS team, count(*) AS matches,
           sum(f.ppda_passes_faced)::double precision / nullif(sum(f.ppda_actions), 0) AS ppda
    FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY m.competition, m.season, t.team_key, t.team_id, t.name
) q
ORDER BY competition, season, round(ppda::numeric, 6), team_id
