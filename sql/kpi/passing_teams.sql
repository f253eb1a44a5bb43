-- kpi: passing_teams
-- about: How teams pass: passes a match, how many reach a team-mate, how many enter the final third, crosses, corners.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT t.team_id, t.name AS team, count(*) AS matches, sum(f.passes)::double precision / count(*) AS passes_per_match,
       sum(f.passes_completed)::double precision / nullif(sum(f.passes), 0) AS completion,
       sum(f.passes_into_final_third)::double precision / count(*) AS into_final_third_per_match,
       sum(f.crosses)::double precision / count(*) AS crosses_per_match, sum(f.corners)::double precision / count(*) AS corners_per_match
FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY t.team_key, t.team_id, t.name ORDER BY passes_per_match DESC, t.team_id
