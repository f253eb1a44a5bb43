-- kpi: finishing_teams
-- about: Teams by goals less expected goals of their shots, own goals of opponents left out, and the same of their opponents.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
WITH shot AS (
    SELECT f.match_key, f.team_key, sum(f.goals) AS goals, coalesce(sum(f.xg), 0) AS xg
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
    GROUP BY 1, 2
)
SELECT * FROM (
    SELECT t.team_id, t.name AS team, sum(o.goals)::bigint AS goals, sum(o.xg) AS xg, sum(o.goals) - sum(o.xg) AS goals_above_xg,
           sum(a.goals)::bigint AS goals_against, sum(a.xg) AS xg_against, sum(a.goals) - sum(a.xg) AS against_above_xg
    FROM shot o JOIN shot a ON a.match_key = o.match_key AND a.team_key <> o.team_key
    JOIN mart.dim_team t ON t.team_key = o.team_key
    GROUP BY t.team_key, t.team_id, t.name
) q
ORDER BY round(goals_above_xg::numeric, 6) DESC, team_id
