-- A feed may name another team in one event of a player (129 of 43,000 times that a player of Wyscout played). The player has a row for
-- either team then, and what signals came to stands in one of them: that of the team that most values name. Until then it stood
-- in both, so that a sum over players was too high.
CREATE OR REPLACE FUNCTION mart.signal_match_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.signal_match
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 500 AS $$
    SELECT d.match_key, v.signal, v.signal_version, v.subject, t.team_key, pl.player_key, v.value_count,
           round(v.value_sum::numeric, 9)::double precision, v.value_last
    FROM mart.dim_match d
    CROSS JOIN LATERAL (
        SELECT p.signal, p.signal_version, p.subject, mode() WITHIN GROUP (ORDER BY p.team_id) AS team_id, count(p.value) AS value_count,
               sum(p.value) AS value_sum,
               (array_agg(p.value ORDER BY p.period DESC, p.elapsed_s DESC, p.order_key DESC, p.anchor DESC)
                   FILTER (WHERE p.value IS NOT NULL))[1] AS value_last
        FROM signal.point p WHERE p.match_id = d.match_id GROUP BY 1, 2, 3
    ) v
    LEFT JOIN mart.dim_player pl ON pl.player_id = v.subject
    LEFT JOIN mart.dim_team t ON t.team_id = CASE WHEN v.team_id IS NULL THEN v.subject ELSE v.team_id END
    WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer'
$$;

DROP INDEX mart.signal_match_player;
CREATE UNIQUE INDEX signal_match_player ON mart.signal_match (signal, signal_version, match_key, player_key) INCLUDE (value_sum, team_key);

CREATE OR REPLACE VIEW mart.fact_player_match AS
SELECT p.match_key, p.match_id, p.team_key, p.player_key, p.is_starter, p.minutes, p.minutes_seen,
       p.touches, p.passes, p.passes_completed, p.passes_into_final_third, p.crosses, p.dribbles, p.dribbles_won,
       p.shots, p.shots_on_target, p.goals, p.own_goals, p.interceptions, p.tackles, p.tackles_won, p.clearances,
       p.blocks, p.recoveries, p.pressures, p.fouls, p.fouls_won, p.offsides, p.yellow_cards, p.red_cards,
       p.xg, p.xt, p.action_value
FROM (
    SELECT k.match_id, p.*, x.value_sum AS xg, t.value_sum AS xt, a.value_sum AS action_value
    FROM mart.kept_now k
    LEFT JOIN (
        SELECT n.match_id, max(n.version) FILTER (WHERE n.signal = 'xg') AS xg,
               max(n.version) FILTER (WHERE n.signal = 'xt') AS xt,
               max(n.version) FILTER (WHERE n.signal = 'action_value') AS action_value
        FROM registry.canary n GROUP BY n.match_id
    ) c ON c.match_id = k.match_id
    JOIN mart.player_match p ON p.match_key = k.match_key
    LEFT JOIN mart.signal_match x
      ON x.match_key = p.match_key AND x.player_key = p.player_key AND coalesce(x.team_key, p.team_key) = p.team_key AND x.signal = 'xg'
     AND x.signal_version = coalesce(c.xg, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'xg' AND v.stage = 'live'))
    LEFT JOIN mart.signal_match t
      ON t.match_key = p.match_key AND t.player_key = p.player_key AND coalesce(t.team_key, p.team_key) = p.team_key AND t.signal = 'xt'
     AND t.signal_version = coalesce(c.xt, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'xt' AND v.stage = 'live'))
    LEFT JOIN mart.signal_match a
      ON a.match_key = p.match_key AND a.player_key = p.player_key AND coalesce(a.team_key, p.team_key) = p.team_key AND a.signal = 'action_value'
     AND a.signal_version = coalesce(c.action_value, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'action_value' AND v.stage = 'live'))
    WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, p.*, s.xg, s.xt, s.action_value
    FROM mart.computed_now k
    CROSS JOIN LATERAL mart.player_match_of(k.match_id, false) p
    -- Grouped by what it is joined on: who does not ask for signals does not pay for them.
    LEFT JOIN (
        SELECT n.match_id, s.player_key, max(s.team_key) AS team_key, sum(s.value_sum) FILTER (WHERE s.signal = 'xg') AS xg,
               sum(s.value_sum) FILTER (WHERE s.signal = 'xt') AS xt,
               sum(s.value_sum) FILTER (WHERE s.signal = 'action_value') AS action_value
        FROM mart.computed_now n
        CROSS JOIN LATERAL mart.signal_match_of(n.match_id, false) s
        JOIN registry.on_air v ON v.match_id = n.match_id AND v.signal = s.signal AND v.version = s.signal_version
        WHERE n.sport = 'soccer' AND s.player_key IS NOT NULL GROUP BY n.match_id, s.player_key
    ) s ON s.match_id = k.match_id AND s.player_key = p.player_key AND coalesce(s.team_key, p.team_key) = p.team_key
    WHERE k.sport = 'soccer'
) p;

-- Whose team was another than most values name, maybe: kept anew.
UPDATE mart.kept k SET changes = k.changes + 1
FROM (SELECT DISTINCT p.match_key FROM mart.player_match p GROUP BY p.match_key, p.player_key HAVING count(*) > 1) t
JOIN mart.dim_match d USING (match_key)
WHERE k.match_id = d.match_id;
