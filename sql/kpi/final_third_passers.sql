-- kpi: final_third_passers
-- about: Players by completed passes into the final third for each 90 minutes.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: min_minutes double = 30 | players with at least so many minutes
-- param: limit integer = 20 | how many players
SELECT * FROM (
    SELECT p.player_id, p.name AS player, sum(f.passes_into_final_third) AS passes, sum(coalesce(f.minutes, f.minutes_seen)) AS minutes,
           90 * sum(f.passes_into_final_third) / sum(coalesce(f.minutes, f.minutes_seen)) AS passes_per_90
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_player p USING (player_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY p.player_key, p.player_id, p.name HAVING sum(coalesce(f.minutes, f.minutes_seen)) >= greatest(:min_minutes, 1)
) q
ORDER BY round(passes_per_90::numeric, 6) DESC, player_id LIMIT :limit
