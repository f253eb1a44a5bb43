-- fact: fact_play
-- refreshed on: kickoff, run, pass, sack, punt, field_goal, extra_point, two_point, penalty, score
-- Grain: one play of a match as it is known now (retracted ones are gone), points without a play included.
-- Since sql/schema/097 the table is mart.play, and mart.fact_play a view of it.
-- Written so that it may run again: releases before had it from the first migration, too.
CREATE TABLE IF NOT EXISTS mart.fact_play (
    match_key         integer NOT NULL REFERENCES mart.dim_match (match_key) ON DELETE CASCADE,
    source_event_id   text NOT NULL,
    team_key          integer REFERENCES mart.dim_team (team_key),
    player_key        integer REFERENCES mart.dim_player (player_key),
    occurred_at       timestamptz NOT NULL,
    period            smallint NOT NULL,
    elapsed_s         double precision NOT NULL,
    order_key         double precision NOT NULL,
    type              text NOT NULL,
    down              smallint,
    distance_yd       smallint,
    yards_to_goal     smallint,
    yards             smallint,
    is_complete       boolean,
    is_intercepted    boolean NOT NULL,
    is_fumble_lost    boolean NOT NULL,
    is_kneel          boolean NOT NULL,
    is_spike          boolean NOT NULL,
    is_penalty        boolean NOT NULL,
    is_no_play        boolean NOT NULL,
    score_kind        text,
    scoring_team_key  integer REFERENCES mart.dim_team (team_key),
    points            smallint NOT NULL,
    text              text,
    PRIMARY KEY (match_key, source_event_id)
);
COMMENT ON TABLE mart.fact_play IS 'Grain: one play of American football. Places in yards, in the view of the team at the ball';
COMMENT ON COLUMN mart.fact_play.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_play.source_event_id IS 'The provider''s id of the play';
COMMENT ON COLUMN mart.fact_play.team_key IS 'mart.dim_team: who snaps or kicks the ball';
COMMENT ON COLUMN mart.fact_play.player_key IS 'mart.dim_player: who rushed, passed or kicked; null where the feed names nobody';
COMMENT ON COLUMN mart.fact_play.occurred_at IS 'Kick-off plus the nominal time on the wall of the play';
COMMENT ON COLUMN mart.fact_play.period IS '1 to 4 quarters, from 5 on overtimes';
COMMENT ON COLUMN mart.fact_play.elapsed_s IS 'Game clock counting up, 900 s a period, as the feed stamps the play';
COMMENT ON COLUMN mart.fact_play.order_key IS 'With period the position in match order';
COMMENT ON COLUMN mart.fact_play.type IS 'kickoff, run, pass, sack, punt, field_goal, extra_point, two_point, penalty or score';
COMMENT ON COLUMN mart.fact_play.down IS '1 to 4; null for kick-offs and tries';
COMMENT ON COLUMN mart.fact_play.distance_yd IS 'Yards to the line to gain';
COMMENT ON COLUMN mart.fact_play.yards_to_goal IS 'Yards to the goal line that the team at the ball attacks, before the snap';
COMMENT ON COLUMN mart.fact_play.yards IS 'Gained by a rush or dropback, penalties left out';
COMMENT ON COLUMN mart.fact_play.is_complete IS 'Of a pass; null for anything else';
COMMENT ON COLUMN mart.fact_play.is_intercepted IS 'A pass that the opponents caught';
COMMENT ON COLUMN mart.fact_play.is_fumble_lost IS 'A fumble that the opponents recovered';
COMMENT ON COLUMN mart.fact_play.is_kneel IS 'The quarterback took a knee';
COMMENT ON COLUMN mart.fact_play.is_spike IS 'The ball was spiked to stop the clock';
COMMENT ON COLUMN mart.fact_play.is_penalty IS 'A foul was called, accepted or not';
COMMENT ON COLUMN mart.fact_play.is_no_play IS 'It does not count: leave it out of any figure of plays';
COMMENT ON COLUMN mart.fact_play.score_kind IS 'touchdown, field_goal, safety, extra_point, two_point, defensive_two_point; null for none';
COMMENT ON COLUMN mart.fact_play.scoring_team_key IS 'mart.dim_team: whose points they are';
COMMENT ON COLUMN mart.fact_play.points IS 'Points of the play, the try included where the feed tells it with the touchdown';
COMMENT ON COLUMN mart.fact_play.text IS 'The feed''s words';

-- The plays as the signals know them: of the log up to the version that is scored. Rebuild compares the table with this.
CREATE OR REPLACE FUNCTION mart.plays_of(p_match_id text, p_source_event_ids text[]) RETURNS SETOF mart.fact_play
LANGUAGE sql STABLE AS $$
    SELECT d.match_key, e.source_event_id, t.team_key, pl.player_key, e.occurred_at, e.period, e.elapsed_s, e.order_key,
           e.type, (e.fields ->> 'down')::smallint, (e.fields ->> 'distance_yd')::smallint,
           (e.fields ->> 'yards_to_goal')::smallint, (e.fields ->> 'yards')::smallint,
           (e.fields ->> 'complete')::boolean, coalesce((e.fields ->> 'intercepted')::boolean, false),
           coalesce((e.fields ->> 'fumble_lost')::boolean, false), coalesce((e.fields ->> 'kneel')::boolean, false),
           coalesce((e.fields ->> 'spike')::boolean, false), coalesce((e.fields ->> 'penalty')::boolean, false),
           coalesce((e.fields ->> 'no_play')::boolean, false), e.fields ->> 'score_kind', s.team_key,
           coalesce((e.fields ->> 'points')::smallint, 0) + coalesce((e.fields ->> 'try_points')::smallint, 0),
           e.fields ->> 'text'
    FROM log.current_event(p_match_id, p_source_event_ids, (
            SELECT c.version FROM ops.cursor c WHERE c.match_id = p_match_id AND c.pipeline = 'live')) e
    JOIN mart.dim_match d ON d.match_id = p_match_id
    LEFT JOIN mart.dim_team t ON t.team_id = e.team_id
    LEFT JOIN mart.dim_team s ON s.team_id = e.fields ->> 'scoring_team'
    LEFT JOIN mart.dim_player pl ON pl.player_id = e.player_id
    WHERE e.type IN ('kickoff', 'run', 'pass', 'sack', 'punt', 'field_goal', 'extra_point', 'two_point', 'penalty', 'score');
$$;

-- p_source_event_ids: the events that changed; null for the whole match.
CREATE OR REPLACE FUNCTION mart.refresh_fact_play(p_match_id text, p_source_event_ids text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mart.fact_play f USING mart.dim_match d
    WHERE d.match_id = p_match_id AND f.match_key = d.match_key
      AND (p_source_event_ids IS NULL OR f.source_event_id = ANY (p_source_event_ids));
    INSERT INTO mart.fact_play SELECT * FROM mart.plays_of(p_match_id, p_source_event_ids);
END
$$;

CREATE OR REPLACE FUNCTION mart.diff_fact_play(p_match_id text) RETURNS TABLE (side text, row_data jsonb)
LANGUAGE sql STABLE AS $$
    WITH stored AS (
        SELECT to_jsonb(f) AS r FROM mart.fact_play f JOIN mart.dim_match d USING (match_key) WHERE d.match_id = p_match_id
    ), clean AS (
        SELECT to_jsonb(s) AS r FROM mart.plays_of(p_match_id, NULL) s
    )
    SELECT 'stored', r FROM (SELECT r FROM stored EXCEPT SELECT r FROM clean) a
    UNION ALL
    SELECT 'clean', r FROM (SELECT r FROM clean EXCEPT SELECT r FROM stored) b;
$$;
