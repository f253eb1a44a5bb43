-- fact: fact_shot
-- refreshed on: shot
-- Grain: one shot of a match as it is known now (retracted ones are gone), shoot-out kicks marked.
CREATE TABLE mart.fact_shot (
    match_key       integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    source_event_id text NOT NULL,
    team_key        integer REFERENCES mart.dim_team (team_key),
    player_key      integer REFERENCES mart.dim_player (player_key),
    occurred_at     timestamptz NOT NULL,
    period          smallint NOT NULL,
    elapsed_s       double precision NOT NULL,
    x_m             double precision,
    y_m             double precision,
    body_part       text,
    shot_kind       text,
    outcome         text,
    is_goal         boolean NOT NULL,
    is_shootout     boolean NOT NULL,
    xg              double precision,
    provider_xg     double precision,
    PRIMARY KEY (match_key, source_event_id)
);
COMMENT ON TABLE mart.fact_shot IS 'Grain: one shot. Coordinates in metres, the shooting team attacks towards +x; own goals are no shots';
COMMENT ON COLUMN mart.fact_shot.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_shot.source_event_id IS 'The provider''s id of the shot';
COMMENT ON COLUMN mart.fact_shot.team_key IS 'mart.dim_team: the shooting team';
COMMENT ON COLUMN mart.fact_shot.player_key IS 'mart.dim_player: the shooter';
COMMENT ON COLUMN mart.fact_shot.occurred_at IS 'Kick-off plus the nominal time on the wall of the shot';
COMMENT ON COLUMN mart.fact_shot.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out';
COMMENT ON COLUMN mart.fact_shot.x_m IS 'Metres from the shooting team''s own goal line';
COMMENT ON COLUMN mart.fact_shot.y_m IS 'Metres from its left touchline';
COMMENT ON COLUMN mart.fact_shot.body_part IS 'left_foot, right_foot, head or other';
COMMENT ON COLUMN mart.fact_shot.shot_kind IS 'open_play, free_kick, penalty, corner or kick_off';
COMMENT ON COLUMN mart.fact_shot.outcome IS 'goal, saved, post, off_target, blocked or wayward';
COMMENT ON COLUMN mart.fact_shot.is_goal IS 'Outcome goal, shoot-out kicks included';
COMMENT ON COLUMN mart.fact_shot.is_shootout IS 'A kick of a shoot-out: leave it out of goals and xG';
COMMENT ON COLUMN mart.fact_shot.xg IS 'Our expected goals, live version, 0 to 1; null for shoot-out kicks';
COMMENT ON COLUMN mart.fact_shot.provider_xg IS 'The provider''s own expected goals, for comparison only';
COMMENT ON COLUMN mart.fact_shot.elapsed_s IS 'Match clock, seconds';

-- The shots as the signals know them: of the log up to the version that is scored, so that no fact runs ahead of
-- its signals. Rebuild compares the table with this.
CREATE FUNCTION mart.shots_of(p_match_id text, p_source_event_ids text[]) RETURNS SETOF mart.fact_shot
LANGUAGE sql STABLE AS $$
    SELECT d.match_key, e.source_event_id, t.team_key, pl.player_key, e.occurred_at, e.period, e.elapsed_s,
           (e.fields ->> 'x_m')::double precision, (e.fields ->> 'y_m')::double precision,
           e.fields ->> 'body_part', e.fields ->> 'shot_kind', e.fields ->> 'outcome',
           coalesce(e.fields ->> 'outcome' = 'goal', false), e.period = 5, x.value,
           (e.fields ->> 'provider_xg')::double precision
    FROM log.current_event(p_match_id, p_source_event_ids, (
            SELECT c.version FROM ops.cursor c WHERE c.match_id = p_match_id AND c.pipeline = 'live')) e
    JOIN mart.dim_match d ON d.match_id = p_match_id
    LEFT JOIN mart.dim_team t ON t.team_id = e.team_id
    LEFT JOIN mart.dim_player pl ON pl.player_id = e.player_id
    LEFT JOIN registry.signal_version v ON v.sport = 'soccer' AND v.signal = 'xg' AND v.stage = 'live'
    LEFT JOIN LATERAL (
        SELECT p.value FROM signal.point p
        WHERE p.match_id = p_match_id AND p.signal = 'xg' AND p.signal_version = v.version
          AND p.subject = coalesce(e.player_id, e.team_id, 'match') AND p.anchor = 'event:' || e.source_event_id
    ) x ON true
    WHERE e.type = 'shot';
$$;

-- p_source_event_ids: the events that changed; null for the whole match.
CREATE FUNCTION mart.refresh_fact_shot(p_match_id text, p_source_event_ids text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mart.fact_shot f USING mart.dim_match d
    WHERE d.match_id = p_match_id AND f.match_key = d.match_key
      AND (p_source_event_ids IS NULL OR f.source_event_id = ANY (p_source_event_ids));
    INSERT INTO mart.fact_shot SELECT * FROM mart.shots_of(p_match_id, p_source_event_ids);
END
$$;

CREATE FUNCTION mart.diff_fact_shot(p_match_id text) RETURNS TABLE (side text, row_data jsonb) LANGUAGE sql STABLE AS $$
    WITH stored AS (
        SELECT to_jsonb(f) AS r FROM mart.fact_shot f JOIN mart.dim_match d USING (match_key) WHERE d.match_id = p_match_id
    ), clean AS (
        SELECT to_jsonb(s) AS r FROM mart.shots_of(p_match_id, NULL) s
    )
    SELECT 'stored', r FROM (SELECT r FROM stored EXCEPT SELECT r FROM clean) a
    UNION ALL
    SELECT 'clean', r FROM (SELECT r FROM clean EXCEPT SELECT r FROM stored) b;
$$;
