-- Keys of the dimensions for the facts that were there before; replays and simulations are left out of shots, too.
CREATE OR REPLACE VIEW mart.fact_signal AS
SELECT m.match_key, m.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor,
       p.source_event_id, p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model,
       t.team_key, pl.player_key, mart.minute_key(p.period, p.elapsed_s) AS minute_key
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
LEFT JOIN mart.dim_team t ON t.team_id = p.team_id
LEFT JOIN mart.dim_player pl ON pl.player_id = p.subject;
COMMENT ON COLUMN mart.fact_signal.model IS 'mart.dim_model_version.label: the model that made it; null without one';
COMMENT ON COLUMN mart.fact_signal.team_key IS 'mart.dim_team: the team of the subject';
COMMENT ON COLUMN mart.fact_signal.player_key IS 'mart.dim_player: the subject, where it is a player';
COMMENT ON COLUMN mart.fact_signal.minute_key IS 'mart.dim_minute';

CREATE OR REPLACE VIEW mart.fact_shot AS
SELECT f.match_key, f.source_event_id, f.team_key, f.player_key, f.occurred_at, f.period, f.elapsed_s, f.x_m, f.y_m,
       f.body_part, f.shot_kind, f.outcome, f.is_goal, f.is_shootout, x.value AS xg, f.provider_xg,
       d.match_id, mart.minute_key(f.period, f.elapsed_s) AS minute_key
FROM mart.shot f
JOIN mart.dim_match d ON d.match_key = f.match_key AND d.is_real
LEFT JOIN mart.dim_team t USING (team_key)
LEFT JOIN mart.dim_player p USING (player_key)
LEFT JOIN registry.on_air v ON v.match_id = d.match_id AND v.signal = 'xg'
LEFT JOIN LATERAL (
    SELECT q.value FROM signal.point q
    WHERE q.match_id = d.match_id AND q.signal = 'xg' AND q.signal_version = v.version
      AND q.subject = coalesce(p.player_id, t.team_id, 'match') AND q.anchor = 'event:' || f.source_event_id
      -- It can only be here; but for this, every chunk of every season is looked into.
      AND q.occurred_at BETWEEN f.occurred_at - INTERVAL '1 day' AND f.occurred_at + INTERVAL '1 day'
) x ON true;
COMMENT ON COLUMN mart.fact_shot.match_id IS 'The match''s own id';
COMMENT ON COLUMN mart.fact_shot.minute_key IS 'mart.dim_minute';

-- A view says of its columns what the table that keeps its rows says of them.
CREATE FUNCTION mart.describe_as(p_from regclass, p_to regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_column record;
BEGIN
    FOR v_column IN
        SELECT t.attname, col_description(p_from, f.attnum) AS says
        FROM pg_attribute t JOIN pg_attribute f ON f.attrelid = p_from AND f.attname = t.attname AND f.attnum > 0
        WHERE t.attrelid = p_to AND t.attnum > 0 AND NOT t.attisdropped AND col_description(p_to, t.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', p_to, v_column.attname, v_column.says);
    END LOOP;
END
$$;
