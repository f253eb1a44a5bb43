-- American football in the star: a play's table holds every match, its fact real ones alone, as with shots; a fact has the
-- match's own id beside its key.
ALTER TABLE mart.fact_play RENAME TO play;
COMMENT ON TABLE mart.play IS 'What mart.fact_play is made of: the plays of every match';

CREATE OR REPLACE FUNCTION mart.refresh_fact_play(p_match_id text, p_source_event_ids text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM mart.play f USING mart.dim_match d
    WHERE d.match_id = p_match_id AND f.match_key = d.match_key
      AND (p_source_event_ids IS NULL OR f.source_event_id = ANY (p_source_event_ids));
    INSERT INTO mart.play SELECT * FROM mart.plays_of(p_match_id, p_source_event_ids);
END
$$;

CREATE OR REPLACE FUNCTION mart.diff_fact_play(p_match_id text) RETURNS TABLE (side text, row_data jsonb)
LANGUAGE sql STABLE AS $$
    WITH stored AS (
        SELECT to_jsonb(f) AS r FROM mart.play f JOIN mart.dim_match d USING (match_key) WHERE d.match_id = p_match_id
    ), clean AS (
        SELECT to_jsonb(s) AS r FROM mart.plays_of(p_match_id, NULL) s
    )
    SELECT 'stored', r FROM (SELECT r FROM stored EXCEPT SELECT r FROM clean) a
    UNION ALL
    SELECT 'clean', r FROM (SELECT r FROM clean EXCEPT SELECT r FROM stored) b;
$$;

CREATE VIEW mart.fact_play AS
SELECT f.match_key, f.source_event_id, f.team_key, f.player_key, f.occurred_at, f.period, f.elapsed_s, f.order_key, f.type,
       f.down, f.distance_yd, f.yards_to_goal, f.yards, f.is_complete, f.is_intercepted, f.is_fumble_lost, f.is_kneel,
       f.is_spike, f.is_penalty, f.is_no_play, f.score_kind, f.scoring_team_key, f.points, f.text, d.match_id
FROM mart.play f
JOIN mart.dim_match d ON d.match_key = f.match_key AND d.is_real;
COMMENT ON VIEW mart.fact_play IS 'Grain: one play of American football. Places in yards, in the view of the team at the ball';
COMMENT ON COLUMN mart.fact_play.match_id IS 'The match''s own id';
SELECT mart.describe_as('mart.play', 'mart.fact_play');

-- Not materialized, and joined by match_id throughout: of one match, that match alone is read.
CREATE OR REPLACE VIEW mart.fact_drive AS
WITH said AS NOT MATERIALIZED (
    SELECT d.match_key, d.match_id, p.subject, p.value, p.source_event_id,
           ROW(p.period, p.elapsed_s, p.order_key) AS place
    FROM mart.dim_match d
    JOIN signal.point p ON p.match_id = d.match_id
    JOIN registry.on_air v ON v.match_id = d.match_id AND v.signal = p.signal AND v.version = p.signal_version
    WHERE d.is_real AND p.signal = 'drive_summary' AND p.value IS NOT NULL
), begun AS NOT MATERIALIZED (
    SELECT match_key, match_id, value::integer AS number, source_event_id, place,
           lead(place) OVER (PARTITION BY match_id ORDER BY value) AS next_place
    FROM said WHERE subject = 'number'
), figures AS (
    SELECT b.match_id, b.number, s.subject, (array_agg(s.value ORDER BY s.place DESC))[1]::integer AS value
    FROM begun b
    JOIN said s ON s.match_id = b.match_id AND (b.next_place IS NULL OR s.place < b.next_place)
    GROUP BY b.match_id, b.number, s.subject
)
SELECT b.match_key, b.number AS drive_number, b.source_event_id AS first_event_id, e.team_key, e.period, e.elapsed_s,
       max(f.value) FILTER (WHERE f.subject = 'plays') AS plays,
       max(f.value) FILTER (WHERE f.subject = 'yards') AS yards,
       max(f.value) FILTER (WHERE f.subject = 'seconds') AS seconds,
       max(f.value) FILTER (WHERE f.subject = 'points') AS points,
       max(f.value) FILTER (WHERE f.subject = 'start_yards_to_goal') AS start_yards_to_goal,
       (ARRAY['touchdown', 'field_goal', 'missed_field_goal', 'punt', 'interception', 'fumble', 'downs', 'safety',
              'end_of_half', 'end_of_game'])[max(f.value) FILTER (WHERE f.subject = 'result')] AS result,
       b.match_id
FROM begun b
JOIN figures f ON f.match_id = b.match_id AND f.number = b.number
LEFT JOIN mart.play e ON e.match_key = b.match_key AND e.source_event_id = b.source_event_id
GROUP BY b.match_key, b.match_id, b.number, b.source_event_id, e.team_key, e.period, e.elapsed_s;
COMMENT ON COLUMN mart.fact_drive.match_id IS 'The match''s own id';
