-- Publishes the frames of one match, the last that its transaction does: the advisory lock is held over the commit, so
-- that pub_seq is in commit order for readers of the whole sequence, and whoever holds it waits for nobody. A
-- transaction that writes several matches therefore writes all their data first (signal.write), then all their frames.
-- p_frame_*: what is published, one array a column.
CREATE OR REPLACE FUNCTION signal.publish(
    p_match_id text, p_frame_event text[], p_frame_signal text[], p_frame_event_type text[], p_frame_version bigint[],
    p_frame_recorded_at timestamptz[], p_frame_body text[], p_frame_changes text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_last bigint;
    v_now  timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(7355608);
    v_now := clock_timestamp();
    WITH new AS (
        INSERT INTO signal.publication (published_at, pub_seq, match_id, event, signal, event_type, version,
                                        recorded_at, body, changes)
        SELECT v_now, nextval('signal.pub_seq'), p_match_id, event, signal, event_type, version, recorded_at, body,
               changes::jsonb
        FROM (SELECT * FROM unnest(p_frame_event, p_frame_signal, p_frame_event_type, p_frame_version,
                                   p_frame_recorded_at, p_frame_body, p_frame_changes) WITH ORDINALITY
                AS t (event, signal, event_type, version, recorded_at, body, changes, place)
              ORDER BY place) f
        RETURNING pub_seq
    )
    SELECT max(pub_seq) INTO v_last FROM new;
    PERFORM pg_notify('touchline_pub', concat_ws(',', p_match_id, v_last));
END
$$;
