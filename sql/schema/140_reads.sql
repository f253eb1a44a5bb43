-- What reads of finished seasons look at.
-- Between which times the messages of a match came: what reads of it by its chunks has to know. Moved by the statement that
-- counts the version up.
ALTER TABLE log.match ADD COLUMN first_recorded_at timestamptz, ADD COLUMN last_recorded_at timestamptz;
COMMENT ON COLUMN log.match.first_recorded_at IS 'When the first message of its log came, give or take moments; null without one';
COMMENT ON COLUMN log.match.last_recorded_at IS 'When the last message of its log came, give or take moments';
UPDATE log.match m SET first_recorded_at = e.first, last_recorded_at = e.last
FROM (SELECT match_id, min(recorded_at) AS first, max(recorded_at) AS last FROM log.feed_event GROUP BY match_id) e
WHERE e.match_id = m.match_id;

-- Only corrections are in this one: whoever asks which messages of a match were
-- overtaken passes over no others.
CREATE INDEX identity_revised ON log.identity (match_id, source_event_id) WHERE revision > 1;

-- What signals came to for a player is read from the index alone, and as there is one row at most of a player, whoever asks
-- for no signal does not look here.
CREATE UNIQUE INDEX signal_match_player ON mart.signal_match (signal, signal_version, match_key, player_key) INCLUDE (value_sum);
DROP INDEX mart.signal_match_signal;
-- The same of a shot; of other signals an event may have several values.
CREATE INDEX signal_moment_shot ON mart.signal_moment (match_key, signal_version, source_event_id) INCLUDE (value) WHERE signal = 'xg';

-- The shots of a match that is played, with the signal's own values. A function: a view would plan over every chunk of the
-- values of all seasons, for matches that most questions are not about.
CREATE FUNCTION mart.shot_now_of(p_match_id text) RETURNS TABLE (shot mart.shot, xg double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 30 AS $$
BEGIN
    RETURN QUERY
        SELECT f, x.value
        FROM mart.dim_match d
        JOIN mart.shot f ON f.match_key = d.match_key
        LEFT JOIN mart.dim_team t ON t.team_key = f.team_key
        LEFT JOIN mart.dim_player p ON p.player_key = f.player_key
        LEFT JOIN registry.on_air v ON v.match_id = d.match_id AND v.signal = 'xg'
        LEFT JOIN LATERAL (
            SELECT q.value FROM signal.point q
            WHERE q.match_id = d.match_id AND q.signal = 'xg' AND q.signal_version = v.version
              AND q.subject = coalesce(p.player_id, t.team_id, 'match') AND q.anchor = 'event:' || f.source_event_id
              -- It can only be here; but for this, every chunk of every season is looked into.
              AND q.occurred_at BETWEEN f.occurred_at - INTERVAL '1 day' AND f.occurred_at + INTERVAL '1 day'
        ) x ON true
        WHERE d.match_id = p_match_id AND d.is_real;
END
$$;

CREATE OR REPLACE VIEW mart.fact_shot AS
SELECT s.match_key, s.source_event_id, s.team_key, s.player_key, s.occurred_at, s.period, s.elapsed_s, s.x_m, s.y_m, s.body_part,
       s.shot_kind, s.outcome, s.is_goal, s.is_shootout, s.xg, s.provider_xg, s.match_id,
       mart.minute_key(s.period, s.elapsed_s) AS minute_key
FROM (
    SELECT k.match_id, f.*, x.value AS xg
    FROM mart.kept_now k
    JOIN mart.shot f ON f.match_key = k.match_key
    LEFT JOIN registry.canary c ON c.match_id = k.match_id AND c.signal = 'xg'
    LEFT JOIN mart.signal_moment x
      ON x.match_key = f.match_key AND x.signal = 'xg' AND x.source_event_id = f.source_event_id
     AND x.signal_version = coalesce(c.version, (SELECT v.version FROM registry.signal_version v
                                                 WHERE v.sport = 'soccer' AND v.signal = 'xg' AND v.stage = 'live'))
    UNION ALL
    SELECT k.match_id, (f.shot).*, f.xg FROM mart.computed_now k CROSS JOIN LATERAL mart.shot_now_of(k.match_id) f
) s;

-- Kept rows look up each signal by its key, in tables; those that are computed are joined with values that are.
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
      ON x.match_key = p.match_key AND x.player_key = p.player_key AND x.signal = 'xg'
     AND x.signal_version = coalesce(c.xg, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'xg' AND v.stage = 'live'))
    LEFT JOIN mart.signal_match t
      ON t.match_key = p.match_key AND t.player_key = p.player_key AND t.signal = 'xt'
     AND t.signal_version = coalesce(c.xt, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'xt' AND v.stage = 'live'))
    LEFT JOIN mart.signal_match a
      ON a.match_key = p.match_key AND a.player_key = p.player_key AND a.signal = 'action_value'
     AND a.signal_version = coalesce(c.action_value, (SELECT v.version FROM registry.signal_version v
                                           WHERE v.sport = 'soccer' AND v.signal = 'action_value' AND v.stage = 'live'))
    WHERE k.sport = 'soccer'
    UNION ALL
    SELECT k.match_id, p.*, s.xg, s.xt, s.action_value
    FROM mart.computed_now k
    CROSS JOIN LATERAL mart.player_match_of(k.match_id, false) p
    -- Grouped by what it is joined on: who does not ask for signals does not pay for them.
    LEFT JOIN (
        SELECT n.match_id, s.player_key, sum(s.value_sum) FILTER (WHERE s.signal = 'xg') AS xg,
               sum(s.value_sum) FILTER (WHERE s.signal = 'xt') AS xt,
               sum(s.value_sum) FILTER (WHERE s.signal = 'action_value') AS action_value
        FROM mart.computed_now n
        CROSS JOIN LATERAL mart.signal_match_of(n.match_id, false) s
        JOIN registry.on_air v ON v.match_id = n.match_id AND v.signal = s.signal AND v.version = s.signal_version
        WHERE n.sport = 'soccer' AND s.player_key IS NOT NULL GROUP BY n.match_id, s.player_key
    ) s ON s.match_id = k.match_id AND s.player_key = p.player_key
    WHERE k.sport = 'soccer'
) p;
