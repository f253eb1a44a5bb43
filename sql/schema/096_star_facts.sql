-- Keys of the dimensions for the fact that was there before.
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
