-- kpi: finishing_players
-- about: Players by goals less expected goals: who makes more of the chances than they are worth.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: min_shots integer = 1 | players with at least so many shots
-- param: limit integer = 20 | how many players
SELECT * FROM (
    SELECT p.player_id, p.name AS player, sum(f.shots) AS shots, sum(f.goals) AS goals, coalesce(sum(f.xg), 0) AS xg,
           sum(f.goals) - coalesce(sum(f.xg), 0) AS goals_above_xg
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_player p USING (player_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY p.player_key HAVING sum(f.shots) >= :min_shots
) q
ORDER BY round(goals_above_xg::numeric, 6) DESC, player_id LIMIT :limit
