-- A shot's xG follows what is on air, the moment it changes: it is read from there, not kept with the shot.
ALTER TABLE mart.fact_shot RENAME TO shot;
ALTER TABLE mart.shot DROP COLUMN xg;
COMMENT ON TABLE mart.shot IS 'What mart.fact_shot is made of: the shots without what signals say of them';

CREATE VIEW mart.fact_shot AS
SELECT f.match_key, f.source_event_id, f.team_key, f.player_key, f.occurred_at, f.period, f.elapsed_s, f.x_m, f.y_m,
       f.body_part, f.shot_kind, f.outcome, f.is_goal, f.is_shootout, x.value AS xg, f.provider_xg
FROM mart.shot f
JOIN mart.dim_match d USING (match_key)
LEFT JOIN mart.dim_team t USING (team_key)
LEFT JOIN mart.dim_player p USING (player_key)
LEFT JOIN registry.on_air v ON v.match_id = d.match_id AND v.signal = 'xg'
LEFT JOIN LATERAL (
    SELECT q.value FROM signal.point q
    WHERE q.match_id = d.match_id AND q.signal = 'xg' AND q.signal_version = v.version
      AND q.subject = coalesce(p.player_id, t.team_id, 'match') AND q.anchor = 'event:' || f.source_event_id
) x ON true;
COMMENT ON VIEW mart.fact_shot IS 'Grain: one shot. Coordinates in metres, the shooting team attacks towards +x; own goals are no shots';
COMMENT ON COLUMN mart.fact_shot.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_shot.source_event_id IS 'The provider''s id of the shot';
COMMENT ON COLUMN mart.fact_shot.team_key IS 'mart.dim_team: the shooting team';
COMMENT ON COLUMN mart.fact_shot.player_key IS 'mart.dim_player: the shooter';
COMMENT ON COLUMN mart.fact_shot.occurred_at IS 'Kick-off plus the nominal time on the wall of the shot';
COMMENT ON COLUMN mart.fact_shot.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out';
COMMENT ON COLUMN mart.fact_shot.elapsed_s IS 'Match clock, seconds';
COMMENT ON COLUMN mart.fact_shot.x_m IS 'Metres from the shooting team''s own goal line';
COMMENT ON COLUMN mart.fact_shot.y_m IS 'Metres from its left touchline';
COMMENT ON COLUMN mart.fact_shot.body_part IS 'left_foot, right_foot, head or other';
COMMENT ON COLUMN mart.fact_shot.shot_kind IS 'open_play, free_kick, penalty, corner or kick_off';
COMMENT ON COLUMN mart.fact_shot.outcome IS 'goal, saved, post, off_target, blocked or wayward';
COMMENT ON COLUMN mart.fact_shot.is_goal IS 'Outcome goal, shoot-out kicks included';
COMMENT ON COLUMN mart.fact_shot.is_shootout IS 'A kick of a shoot-out: leave it out of goals and xG';
COMMENT ON COLUMN mart.fact_shot.xg IS 'Our expected goals, the version that is on air, 0 to 1; null for shoot-out kicks';
COMMENT ON COLUMN mart.fact_shot.provider_xg IS 'The provider''s own expected goals, for comparison only';

-- The shots as the signals know them: of the log up to the version that is scored, so that no fact runs ahead of its
-- signals. Rebuild compares the table with this.
CREATE OR REPLACE FUNCTION mart.shots_of(p_match_id text, p_source_event_ids text[]) RETURNS SETOF mart.shot
LANGUAGE sql STABLE AS $$
    SELECT d.match_key, e.source_event_id, t.team_key, pl.player_key, e.occurred_at, e.period, e.elapsed_s,
           (e.fields ->> 'x_m')::double precision, (e.fields ->> 'y_m')::double precision,
           e.fields ->> 'body_part', e.fields ->> 'shot_kind', e.fields ->> 'outcome',
           coalesce(e.fields ->> 'outcome' = 'goal', false), e.period = 5,
           (e.fields ->> 'provider_xg')::double precision
    FROM log.current_event(p_match_id, p_source_event_ids, (
            SELECT c.version FROM ops.cursor c WHERE c.match_id = p_match_id AND c.pipeline = 'live')) e
    JOIN mart.dim_match d ON d.match_id = p_match_id
    LEFT JOIN mart.dim_team t ON t.team_id = e.team_id
    LEFT JOIN mart.dim_player pl ON pl.player_id = e.player_id
    WHERE e.type = 'shot';
$$;

-- p_source_event_ids: the events that changed; null for the whole match.
CREATE OR REPLACE FUNCTION mart.refresh_fact_shot(p_match_id text, p_source_event_ids text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mart.shot f USING mart.dim_match d
    WHERE d.match_id = p_match_id AND f.match_key = d.match_key
      AND (p_source_event_ids IS NULL OR f.source_event_id = ANY (p_source_event_ids));
    INSERT INTO mart.shot SELECT * FROM mart.shots_of(p_match_id, p_source_event_ids);
END
$$;

CREATE OR REPLACE FUNCTION mart.diff_fact_shot(p_match_id text) RETURNS TABLE (side text, row_data jsonb)
LANGUAGE sql STABLE AS $$
    WITH stored AS (
        SELECT to_jsonb(f) AS r FROM mart.shot f JOIN mart.dim_match d USING (match_key) WHERE d.match_id = p_match_id
    ), clean AS (
        SELECT to_jsonb(s) AS r FROM mart.shots_of(p_match_id, NULL) s
    )
    SELECT 'stored', r FROM (SELECT r FROM stored EXCEPT SELECT r FROM clean) a
    UNION ALL
    SELECT 'clean', r FROM (SELECT r FROM clean EXCEPT SELECT r FROM stored) b;
$$;
