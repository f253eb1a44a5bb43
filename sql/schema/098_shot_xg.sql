-- Shots: keys of the dimensions, real matches alone. Their xG is read from what is kept of a match (mart.signal_moment), and from
-- the signal's own values while it is played.
CREATE OR REPLACE VIEW mart.fact_shot AS
SELECT s.match_key, s.source_event_id, s.team_key, s.player_key, s.occurred_at, s.period, s.elapsed_s, s.x_m, s.y_m, s.body_part,
       s.shot_kind, s.outcome, s.is_goal, s.is_shootout, s.xg, s.provider_xg, s.match_id,
       mart.minute_key(s.period, s.elapsed_s) AS minute_key
FROM (
    SELECT k.match_id, f.*, x.value AS xg
    FROM mart.kept_now k
    JOIN mart.shot f ON f.match_key = k.match_key
    LEFT JOIN registry.canary c ON c.match_id = k.match_id AND c.signal = 'xg'
    LEFT JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = 'xg' AND v.stage = 'live'
    LEFT JOIN mart.signal_moment x
      ON x.match_key = f.match_key AND x.signal = 'xg' AND x.signal_version = coalesce(c.version, v.version)
     AND x.source_event_id = f.source_event_id
    UNION ALL
    SELECT k.match_id, f.*, x.value
    FROM mart.computed_now k
    JOIN mart.shot f ON f.match_key = k.match_key
    LEFT JOIN mart.dim_team t ON t.team_key = f.team_key
    LEFT JOIN mart.dim_player p ON p.player_key = f.player_key
    LEFT JOIN registry.on_air v ON v.match_id = k.match_id AND v.signal = 'xg'
    LEFT JOIN LATERAL (
        SELECT q.value FROM signal.point q
        WHERE q.match_id = k.match_id AND q.signal = 'xg' AND q.signal_version = v.version
          AND q.subject = coalesce(p.player_id, t.team_id, 'match') AND q.anchor = 'event:' || f.source_event_id
          -- It can only be here; but for this, every chunk of every season is looked into.
          AND q.occurred_at BETWEEN f.occurred_at - INTERVAL '1 day' AND f.occurred_at + INTERVAL '1 day'
    ) x ON true
) s;
COMMENT ON COLUMN mart.fact_shot.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_shot.minute_key IS 'mart.dim_minute';
