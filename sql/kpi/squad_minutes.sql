-- kpi: squad_minutes
-- about: Who plays: starts, appearances and minutes of every player of a team, where line-ups are told.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
-- param: team text | this team only (its id, as statsbomb:team:217)
SELECT * FROM (
    SELECT t.team_id, t.name AS team, p.player_id, p.name AS player, count(*) AS matches, count(*) FILTER (WHERE f.is_starter) AS starts,
           sum(f.minutes) AS minutes
    FROM mart.fact_player_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
    JOIN mart.dim_player p USING (player_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
      AND (:team IS NULL OR t.team_id = :team) AND f.minutes > 0
    GROUP BY t.team_key, t.team_id, t.name, p.player_key, p.player_id, p.name
) q
ORDER BY team_id, round(minutes::numeric, 6) DESC, player_id
