-- kpi: top_xt_per_90
-- about: Players who move the ball to where goals come from: expected threat for each 90 minutes (from first to last event where line-ups are not told).
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: min_minutes double = 30 | players with at least so many minutes
-- param: limit integer = 10 | how many players
-- Names are looked up for those alone who are shown.
SELECT p.player_id, p.name AS player, q.matches, q.minutes, q.xt, 90 * q.xt / q.minutes AS xt_per_90
FROM (
    SELECT g.*, rank() OVER (ORDER BY round((90 * g.xt / g.minutes)::numeric, 6) DESC) AS place
    FROM (
        SELECT f.player_key, count(*) AS matches, sum(coalesce(f.minutes, f.minutes_seen)) AS minutes, sum(f.xt) AS xt
        FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key)
        WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
        GROUP BY f.player_key HAVING sum(coalesce(f.minutes, f.minutes_seen)) >= greatest(:min_minutes, 1) AND sum(f.xt) IS NOT NULL
    ) g
) q JOIN mart.dim_player p USING (player_key)
WHERE q.place <= :limit
ORDER BY round((90 * q.xt / q.minutes)::numeric, 6) DESC, p.player_id LIMIT :limit
