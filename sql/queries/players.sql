-- name: list_teams
SELECT t.team_id AS id, t.name FROM mart.dim_team t
WHERE ($1::text IS NULL OR strpos(lower(t.name), lower($1)) > 0)
  AND ($2::text IS NULL OR t.team_id > $2)
ORDER BY t.team_id LIMIT $3;

-- name: list_players
SELECT p.player_id AS id, p.name, t.team_id, t.name AS team
FROM mart.dim_player p
LEFT JOIN mart.dim_player_history h ON h.player_key = p.player_key AND h.is_current
LEFT JOIN mart.dim_team t ON t.team_key = h.team_key
WHERE ($1::text IS NULL OR strpos(lower(p.name), lower($1)) > 0)
  AND ($2::text IS NULL OR t.team_id = $2)
  AND ($3::text IS NULL OR p.player_id > $3)
ORDER BY p.player_id LIMIT $4;

-- name: player_key
SELECT player_key FROM mart.dim_player WHERE player_id = $1;

-- name: list_player_matches
SELECT f.match_id AS match, m.kickoff_at, m.competition, m.season, t.team_id, t.name AS team, f.is_starter, f.minutes,
       f.minutes_seen, f.touches, f.passes, f.passes_completed, f.passes_into_final_third, f.crosses, f.dribbles,
       f.dribbles_won, f.shots, f.shots_on_target, f.goals, f.own_goals, f.interceptions, f.tackles, f.tackles_won,
       f.clearances, f.blocks, f.recoveries, f.pressures, f.fouls, f.fouls_won, f.offsides, f.yellow_cards, f.red_cards,
       f.xg, f.xt, f.action_value
FROM mart.fact_player_match f
JOIN mart.dim_match m ON m.match_key = f.match_key
LEFT JOIN mart.dim_team t ON t.team_key = f.team_key
WHERE f.player_key = $1 AND m.is_real
  AND ($2::timestamptz IS NULL OR (m.kickoff_at, f.match_id) < ($2, $3))
ORDER BY m.kickoff_at DESC, f.match_id DESC LIMIT $4;
