-- Writes what one match's new versions came to, all but its frames (signal.publish); part of a transaction that has
-- advanced its cursor.
--
-- p_removed: points to take away. p_point_*: points to insert, one array a column. p_finality: the status that every
-- value takes now. p_entities: teams and players newly named, null where no dimension changed. p_facts: fact to the
-- events that touched it, or to null for the whole match.
--
-- Dimensions are shared between matches: whoever writes several matches in one transaction leaves those that change
-- them out, or two such transactions may wait for each other.
CREATE OR REPLACE FUNCTION signal.write(
    p_match_id text, p_to bigint,
    p_state jsonb, p_finality text, p_entities jsonb, p_facts jsonb, p_removed jsonb,
    p_point_offset_s double precision[], p_point_signal text[], p_point_signal_version integer[], p_point_subject text[],
    p_point_anchor text[], p_point_team_id text[], p_point_source_event_id text[], p_point_value double precision[],
    p_point_status text[], p_point_revision integer[], p_point_period smallint[], p_point_elapsed_s double precision[],
    p_point_order_key double precision[], p_point_version bigint[], p_point_model text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_anchor timestamptz;
    v_fact   record;
BEGIN
    SELECT anchor_at INTO v_anchor FROM log.match WHERE match_id = p_match_id;

    IF p_removed IS NOT NULL THEN
        WITH gone AS (
            DELETE FROM signal.point p
            USING jsonb_to_recordset(p_removed)
                AS r (signal text, signal_version integer, subject text, anchor text)
            WHERE p.match_id = p_match_id AND p.signal = r.signal AND p.signal_version = r.signal_version
              AND p.subject = r.subject AND p.anchor = r.anchor
            RETURNING p.occurred_at
        )
        INSERT INTO rollup.dirty (source, match_id, bucket)
            SELECT DISTINCT 'signal.point', p_match_id, time_bucket('1 minute', occurred_at) FROM gone;
    END IF;

    IF p_point_signal IS NOT NULL THEN
        INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, team_id,
                                  source_event_id, value, status, revision, period, elapsed_s, order_key, version, model)
            SELECT v_anchor + make_interval(secs => offset_s), p_match_id, signal, signal_version, subject, anchor,
                   team_id, source_event_id, value, status, revision, period, elapsed_s, order_key, version, model
            FROM unnest(p_point_offset_s, p_point_signal, p_point_signal_version, p_point_subject, p_point_anchor,
                        p_point_team_id, p_point_source_event_id, p_point_value, p_point_status, p_point_revision,
                        p_point_period, p_point_elapsed_s, p_point_order_key, p_point_version, p_point_model)
                AS t (offset_s, signal, signal_version, subject, anchor, team_id, source_event_id, value, status,
                      revision, period, elapsed_s, order_key, version, model);
        INSERT INTO rollup.dirty (source, match_id, bucket)
            SELECT DISTINCT 'signal.point', p_match_id, time_bucket('1 minute', v_anchor + make_interval(secs => s))
            FROM unnest(p_point_offset_s) AS s;
    END IF;

    -- The match has ended, or is no longer over: every value that holds changes its status, none its revision.
    IF p_finality IS NOT NULL THEN
        UPDATE signal.point p SET status = p_finality
        WHERE p.match_id = p_match_id AND p.status IN ('provisional', 'final') AND p.status <> p_finality;
    END IF;

    INSERT INTO signal.match_state AS s (match_id, version, home_id, away_id, home_name, away_name, home_score,
                                         away_score, period, elapsed_s, clock_display, status, details, updated_at)
    SELECT p_match_id, p_to, home_id, away_id, home_name, away_name, home_score, away_score, period, elapsed_s,
           clock_display, status, details, clock_timestamp()
    FROM jsonb_to_record(p_state)
        AS t (home_id text, away_id text, home_name text, away_name text, home_score integer, away_score integer,
              period smallint, elapsed_s double precision, clock_display text, status text, details jsonb)
    ON CONFLICT (match_id) DO UPDATE SET
        version = excluded.version, home_id = excluded.home_id, away_id = excluded.away_id,
        home_name = excluded.home_name, away_name = excluded.away_name, home_score = excluded.home_score,
        away_score = excluded.away_score, period = excluded.period, elapsed_s = excluded.elapsed_s,
        clock_display = excluded.clock_display, status = excluded.status, details = excluded.details,
        updated_at = excluded.updated_at;

    IF p_entities IS NOT NULL THEN
        PERFORM mart.refresh_dims(p_match_id, p_state, p_entities);
    END IF;
    IF p_facts IS NOT NULL THEN
        FOR v_fact IN SELECT key, nullif(value, 'null'::jsonb) AS ids FROM jsonb_each(p_facts)
        LOOP
            PERFORM mart.refresh_fact(v_fact.key, p_match_id, CASE WHEN v_fact.ids IS NOT NULL THEN
                ARRAY(SELECT jsonb_array_elements_text(v_fact.ids)) END);
        END LOOP;
    END IF;
END
$$;
