-- kpi: cards
-- about: Fouls and cards of teams, and how many fouls it takes to a card. (No feed tells the referee.)
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT t.team_id, t.name AS team, count(*) AS matches, sum(f.fouls) AS fouls, sum(f.yellow_cards) AS yellow_cards,
       sum(f.red_cards) AS red_cards,
       sum(f.fouls)::double precision / nullif(sum(f.yellow_cards + f.red_cards), 0) AS fouls_per_card
FROM mart.fact_team_match f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
GROUP BY t.team_key, t.team_id, t.name ORDER BY yellow_cards DESC, red_cards DESC, t.team_id
