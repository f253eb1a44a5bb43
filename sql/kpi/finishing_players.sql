-- kpi: finishing_players
-- about: Players by goals less expected goals: who makes more of the chances than they are worth.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: min_shots integer = 1 | players with at least so many shots
-- param: limit integer = 20 | how many players
-- Names are looked up for those alone who are shown. Who did not shoot counts only where that is asked for.
SELECT p.player_id, p.name AS player, q.shots, q.goals, q.xg, q.goals - q.xg AS goals_above_xg
FROM (
    SELECT f.player_key, sum(f.shots) AS shots, sum(f.goals) AS goals, coalesce(sum(f.xg), 0) AS xg,
           rank() OVER (ORDER BY round((sum(f.goals) - coalesce(sum(f.xg), 0))::numeric, 6) DESC) AS place
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
      AND (f.shots > 0 OR :min_shots < 1)
    GROUP BY f.player_key HAVING sum(f.shots) >= :min_shots
) q JOIN mart.dim_player p USING (player_key)
WHERE q.place <= :limit
ORDER BY round((q.goals - q.xg)::numeric, 6) DESC, p.player_id LIMIT :limit
