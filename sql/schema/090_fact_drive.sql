-- Drives come out of the fold: they are read from what the signal drive_summary says on the air, and need no table. A
-- figure is said only when it changes, so that a drive's is the last one said before the next drive began.
CREATE OR REPLACE VIEW mart.fact_drive AS
WITH said AS (
    SELECT p.match_id, p.subject, p.value, p.source_event_id,
           ROW(p.period, p.elapsed_s, p.order_key) AS place
    FROM signal.point p
    JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
    WHERE p.signal = 'drive_summary' AND p.value IS NOT NULL
), begun AS (
    SELECT match_id, value::integer AS number, source_event_id, place,
           lead(place) OVER (PARTITION BY match_id ORDER BY value) AS next_place
    FROM said WHERE subject = 'number'
), figures AS (
    SELECT b.match_id, b.number, s.subject, (array_agg(s.value ORDER BY s.place DESC))[1]::integer AS value
    FROM begun b
    JOIN said s ON s.match_id = b.match_id AND (b.next_place IS NULL OR s.place < b.next_place)
    GROUP BY b.match_id, b.number, s.subject
)
SELECT d.match_key, b.number AS drive_number, b.source_event_id AS first_event_id, e.team_key, e.period, e.elapsed_s,
       max(f.value) FILTER (WHERE f.subject = 'plays') AS plays,
       max(f.value) FILTER (WHERE f.subject = 'yards') AS yards,
       max(f.value) FILTER (WHERE f.subject = 'seconds') AS seconds,
       max(f.value) FILTER (WHERE f.subject = 'points') AS points,
       max(f.value) FILTER (WHERE f.subject = 'start_yards_to_goal') AS start_yards_to_goal,
       (ARRAY['touchdown', 'field_goal', 'missed_field_goal', 'punt', 'interception', 'fumble', 'downs', 'safety',
              'end_of_half', 'end_of_game'])[max(f.value) FILTER (WHERE f.subject = 'result')] AS result
FROM begun b
JOIN mart.dim_match d ON d.match_id = b.match_id
JOIN figures f ON f.match_id = b.match_id AND f.number = b.number
LEFT JOIN mart.fact_play e ON e.match_key = d.match_key AND e.source_event_id = b.source_event_id
GROUP BY d.match_key, b.number, b.source_event_id, e.team_key, e.period, e.elapsed_s;
COMMENT ON VIEW mart.fact_drive IS 'Grain: one drive of American football, by the version of drive_summary that is on air';
COMMENT ON COLUMN mart.fact_drive.match_key IS 'mart.dim_match';
COMMENT ON COLUMN mart.fact_drive.drive_number IS 'From 1 in the game, both teams together';
COMMENT ON COLUMN mart.fact_drive.first_event_id IS 'mart.fact_play.source_event_id of its first snap';
COMMENT ON COLUMN mart.fact_drive.team_key IS 'mart.dim_team: the offense';
COMMENT ON COLUMN mart.fact_drive.period IS 'In which it began';
COMMENT ON COLUMN mart.fact_drive.elapsed_s IS 'Game clock of its first snap, as the feed stamps it';
COMMENT ON COLUMN mart.fact_drive.plays IS 'Rushes, dropbacks, kneel-downs and spikes that count';
COMMENT ON COLUMN mart.fact_drive.yards IS 'From where it began to where it ended, penalties included';
COMMENT ON COLUMN mart.fact_drive.seconds IS 'Of the game clock, from its first snap to its last play';
COMMENT ON COLUMN mart.fact_drive.points IS 'Of the offense, the try included';
COMMENT ON COLUMN mart.fact_drive.start_yards_to_goal IS 'Where it began; null where the feed does not tell';
COMMENT ON COLUMN mart.fact_drive.result IS 'touchdown, field_goal, missed_field_goal, punt, interception, fumble, downs, safety, end_of_half, end_of_game; null while it goes on or where it is not said';
