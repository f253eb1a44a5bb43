-- kpi: goals_prevented
-- about: Goalkeeping of teams: the post-shot expected goals that they faced less the goals that they let in.
-- param: competition text | matches of this competition only
-- param: season text | matches of this season only
SELECT * FROM (
    SELECT t.team_id, t.name AS team, count(*) AS matches, sum(f.value_count)::bigint AS shots_faced, sum(f.value_sum) AS goals_prevented
    FROM mart.fact_signal_team f JOIN mart.dim_match m USING (match_key) JOIN mart.dim_team t USING (team_key)
    WHERE (:competition IS NULL OR m.competition = :competition) AND (:season IS NULL OR m.season = :season)
      AND f.signal = 'goals_prevented'
    GROUP BY t.team_key, t.team_id, t.name
) q
ORDER BY round(goals_prevented::numeric, 6) DESC, team_id
