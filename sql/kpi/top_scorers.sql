-- kpi: top_scorers
-- about: Players by goals; at equal goals who needed fewer minutes comes first.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: limit integer = 20 | how many players
SELECT * FROM (
    SELECT p.player_id, p.name AS player, sum(f.goals) AS goals, sum(f.shots) AS shots, count(*) AS matches,
           sum(coalesce(f.minutes, f.minutes_seen)) AS minutes
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_player p USING (player_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY p.player_key, p.player_id, p.name HAVING sum(f.goals) > 0
) q
ORDER BY goals DESC, round(minutes::numeric, 6), player_id LIMIT :limit
