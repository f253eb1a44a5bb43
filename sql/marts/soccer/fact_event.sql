-- fact: fact_event
-- kept: once a match is over
-- packed: with it
-- Grain: one event of the feed that is folded, as it is known now (retracted ones are gone). What is said from outside
-- (control events) is none.
CREATE TABLE mart.event (
    match_key           integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    source_event_id     text NOT NULL,
    event_type_key      integer,
    event_type          text NOT NULL,
    provider_key        integer,
    minute_key          integer NOT NULL,
    team_key            integer,
    player_key          integer,
    recipient_id        text,
    possession_team_key integer,
    scoring_team_key    integer,
    occurred_at         timestamptz NOT NULL,
    period              smallint NOT NULL,
    elapsed_s           double precision NOT NULL,
    order_key           double precision NOT NULL,
    x_m                 double precision,
    y_m                 double precision,
    end_x_m             double precision,
    end_y_m             double precision,
    end_z_m             double precision,
    outcome             text,
    won                 boolean,
    body_part           text,
    shot_kind           text,
    pass_kind           text,
    is_cross            boolean,
    duel_kind           text,
    card                text,
    gives_penalty       boolean,
    under_pressure      boolean,
    counterpress        boolean,
    duration_s          double precision,
    possession          integer,
    play_pattern        text,
    version             bigint NOT NULL,
    PRIMARY KEY (match_key, source_event_id)
);
-- Goals are few among the events, and asked for over seasons.
CREATE INDEX event_goal ON mart.event (match_key) WHERE scoring_team_key IS NOT NULL;
COMMENT ON TABLE mart.event IS 'Kept rows of mart.fact_event; read that';
COMMENT ON COLUMN mart.event.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.event.source_event_id IS 'The provider''s id of the event';
COMMENT ON COLUMN mart.event.event_type_key IS 'mart.dim_event_type';
COMMENT ON COLUMN mart.event.event_type IS 'Canonical type: pass, shot, …';
COMMENT ON COLUMN mart.event.provider_key IS 'mart.dim_provider: whose stream is folded';
COMMENT ON COLUMN mart.event.minute_key IS 'mart.dim_minute';
COMMENT ON COLUMN mart.event.team_key IS 'mart.dim_team: the acting team';
COMMENT ON COLUMN mart.event.player_key IS 'mart.dim_player: who acts';
COMMENT ON COLUMN mart.event.recipient_id IS 'mart.dim_player.player_id: who a pass was meant for, where the provider says';
COMMENT ON COLUMN mart.event.possession_team_key IS 'mart.dim_team: who has the ball, where the provider says';
COMMENT ON COLUMN mart.event.scoring_team_key IS 'mart.dim_team: for whom the event is a goal, own goals and kicks of a shoot-out included; null where it is none';
COMMENT ON COLUMN mart.event.occurred_at IS 'Kick-off plus the nominal time on the wall of the moment';
COMMENT ON COLUMN mart.event.period IS '1 and 2 halves, 3 and 4 extra time, 5 shoot-out, 0 before, 100 after';
COMMENT ON COLUMN mart.event.elapsed_s IS 'Match clock, seconds';
COMMENT ON COLUMN mart.event.order_key IS 'The provider''s own order inside the period';
COMMENT ON COLUMN mart.event.x_m IS 'Metres from the acting team''s own goal line';
COMMENT ON COLUMN mart.event.y_m IS 'Metres from its left touchline';
COMMENT ON COLUMN mart.event.end_x_m IS 'Where it ended, metres from the acting team''s own goal line';
COMMENT ON COLUMN mart.event.end_y_m IS 'Where it ended, metres from its left touchline';
COMMENT ON COLUMN mart.event.end_z_m IS 'Where it ended, metres above the ground';
COMMENT ON COLUMN mart.event.outcome IS 'Of a shot, a pass, a goalkeeper: in the words of the vocabulary';
COMMENT ON COLUMN mart.event.won IS 'Did a duel, take-on, interception or recovery succeed, where the provider says';
COMMENT ON COLUMN mart.event.body_part IS 'left_foot, right_foot, head or other';
COMMENT ON COLUMN mart.event.shot_kind IS 'open_play, free_kick, penalty, corner or kick_off';
COMMENT ON COLUMN mart.event.pass_kind IS 'corner, free_kick, throw_in, goal_kick, kick_off, recovery, interception; null for a plain pass';
COMMENT ON COLUMN mart.event.is_cross IS 'A cross';
COMMENT ON COLUMN mart.event.duel_kind IS 'tackle or aerial';
COMMENT ON COLUMN mart.event.card IS 'yellow, second_yellow or red; null where none was shown';
COMMENT ON COLUMN mart.event.gives_penalty IS 'A foul that gave a penalty';
COMMENT ON COLUMN mart.event.under_pressure IS 'An opponent closed the player down, where the provider says';
COMMENT ON COLUMN mart.event.counterpress IS 'Within seconds of losing the ball, where the provider says';
COMMENT ON COLUMN mart.event.duration_s IS 'How long it took, seconds';
COMMENT ON COLUMN mart.event.possession IS 'The provider''s number of the chain of possession';
COMMENT ON COLUMN mart.event.play_pattern IS 'How that chain began, in the provider''s words';
COMMENT ON COLUMN mart.event.version IS 'Log version that brought it';

-- The events of one real match up to the version that is scored, so that no fact runs ahead of its signals.
CREATE FUNCTION mart.event_of(p_match_id text, p_kept boolean) RETURNS SETOF mart.event
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 3000 AS $$
    SELECT d.match_key, e.source_event_id, y.event_type_key, e.type, pr.provider_key,
           mart.minute_key(e.period, e.elapsed_s), t.team_key, pl.player_key, f.recipient, po.team_key,
           CASE WHEN e.type = 'shot' AND f.outcome = 'goal' THEN t.team_key
                WHEN e.type = 'own_goal' THEN CASE WHEN e.team_id IS NOT NULL THEN t.team_key
                    WHEN co.team_key = d.home_team_key THEN d.away_team_key
                    WHEN co.team_key = d.away_team_key THEN d.home_team_key END END,
           e.occurred_at, e.period, e.elapsed_s, e.order_key, f.x_m, f.y_m, f.end_x_m, f.end_y_m, f.end_z_m, f.outcome,
           f.won, f.body_part, f.shot_kind, f.pass_kind, f."cross", f.duel_kind, f.card, f.penalty, f.under_pressure,
           f.counterpress, f.duration_s, f.possession, f.play_pattern, e.version
    FROM mart.dim_match d
    CROSS JOIN LATERAL log.current_event(d.match_id, NULL, (
        SELECT c.version FROM ops.cursor c WHERE c.match_id = d.match_id AND c.pipeline = 'live')) e
    CROSS JOIN LATERAL jsonb_to_record(e.fields) AS f (
        x_m double precision, y_m double precision, end_x_m double precision, end_y_m double precision,
        end_z_m double precision, outcome text, won boolean, body_part text, shot_kind text, pass_kind text,
        "cross" boolean, duel_kind text, card text, penalty boolean, under_pressure boolean, counterpress boolean,
        duration_s double precision, possession integer, play_pattern text, possession_team text, recipient text,
        conceded_by text)
    LEFT JOIN mart.dim_event_type y ON y.sport = d.sport AND y.event_type = e.type AND NOT y.is_control
    LEFT JOIN log.stream s ON s.stream_id = e.stream_id
    LEFT JOIN mart.dim_provider pr ON pr.provider = s.provider
    LEFT JOIN mart.dim_team t ON t.team_id = e.team_id
    LEFT JOIN mart.dim_player pl ON pl.player_id = e.player_id
    LEFT JOIN mart.dim_team po ON po.team_id = f.possession_team
    LEFT JOIN mart.dim_team co ON co.team_id = f.conceded_by
    WHERE d.match_id = p_match_id AND d.is_real AND d.sport = 'soccer' AND NOT e.control
$$;

-- The events that the other facts of a match are made of. p_kept: the kept ones, which are there already.
CREATE FUNCTION mart.match_events(p_match_id text, p_kept boolean) RETURNS SETOF mart.event
LANGUAGE plpgsql STABLE ROWS 3000 AS $$
BEGIN
    IF p_kept THEN
        RETURN QUERY SELECT e.* FROM mart.event e
            WHERE e.match_key = (SELECT d.match_key FROM mart.dim_match d WHERE d.match_id = p_match_id);
    ELSE
        RETURN QUERY SELECT e.* FROM mart.event_of(p_match_id, false) e;
    END IF;
END
$$;

CREATE VIEW mart.fact_event AS
SELECT k.match_key, k.match_id, e.source_event_id, e.event_type_key, e.event_type, e.provider_key, e.minute_key, e.team_key,
       e.player_key, e.recipient_id, e.possession_team_key, e.scoring_team_key, e.occurred_at, e.period, e.elapsed_s,
       e.order_key, e.x_m, e.y_m, e.end_x_m, e.end_y_m, e.end_z_m, e.outcome, e.won, e.body_part, e.shot_kind, e.pass_kind,
       e.is_cross, e.duel_kind, e.card, e.gives_penalty, e.under_pressure, e.counterpress, e.duration_s, e.possession,
       e.play_pattern, e.version
FROM mart.kept_now k JOIN mart.event e ON e.match_key = k.match_key WHERE k.sport = 'soccer'
UNION ALL
SELECT k.match_key, k.match_id, e.source_event_id, e.event_type_key, e.event_type, e.provider_key, e.minute_key, e.team_key,
       e.player_key, e.recipient_id, e.possession_team_key, e.scoring_team_key, e.occurred_at, e.period, e.elapsed_s,
       e.order_key, e.x_m, e.y_m, e.end_x_m, e.end_y_m, e.end_z_m, e.outcome, e.won, e.body_part, e.shot_kind, e.pass_kind,
       e.is_cross, e.duel_kind, e.card, e.gives_penalty, e.under_pressure, e.counterpress, e.duration_s, e.possession,
       e.play_pattern, e.version
FROM mart.computed_now k CROSS JOIN LATERAL mart.event_of(k.match_id, false) e WHERE k.sport = 'soccer';
COMMENT ON VIEW mart.fact_event IS 'Grain: one event of the feed as it is known now. Coordinates in metres, the acting team attacks towards +x. Of one match: WHERE match_id = …';
COMMENT ON COLUMN mart.fact_event.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.event', 'mart.fact_event');
