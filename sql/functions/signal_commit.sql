-- The scorer's commit of one match or of several: cursors, points, picture, queue of rollups, dimensions, facts and last
-- the frames, in one statement. So no lock of it ever waits for the scorer: one that is stopped in the middle of its work
-- has either sent all of this or nothing. Says which matches were written: the others belong to somebody else now.
--
-- p_generation: what was on air when it was scored. Where that has changed since, nothing is written, and error TL001 says
-- so: who reads points by what is on air never finds half of it of one version and half of another.
--
-- One element a match: p_epoch, p_from, p_to: it is written only under this lease epoch, from this version, and up to one
-- that the log holds (a head that was heard of may be gone with a crash of the server, and what comes in its place must
-- not be passed over). p_state: its picture; null for a pipeline beside the live one. p_finality: the status that every
-- value of p_scored takes now (signals, as xg@2, separated by commas). p_entities: teams and players newly named, null
-- where no dimension changed. p_facts: fact to the events that touched it, or to null for the whole match. p_removed:
-- points to take away. p_settled: what the match owed (see ops.cursor.owed) is among the points and the removed ones.
-- One element a point or frame: p_point_of, p_frame_of: which of the matches it is of, from 1.
--
-- Dimensions are shared between matches: whoever commits several at once leaves those that change them out, or two such
-- commits may wait for each other. Cursors are locked first, in one order, before any other lock. The advisory lock of
-- the frames is taken last and held over the commit, so that pub_seq is in commit order for readers of the whole sequence.
CREATE OR REPLACE FUNCTION signal.commit(
    p_pipeline text, p_lease_s double precision, p_generation bigint,
    p_match_id text[], p_epoch bigint[], p_from bigint[], p_to bigint[],
    p_state jsonb[], p_finality text[], p_scored text[], p_entities jsonb[], p_facts jsonb[], p_removed jsonb[],
    p_settled boolean[],
    p_point_of integer[], p_point_offset_s double precision[], p_point_signal text[], p_point_signal_version integer[],
    p_point_subject text[], p_point_anchor text[], p_point_team_id text[], p_point_source_event_id text[],
    p_point_value double precision[], p_point_status text[], p_point_revision integer[], p_point_period smallint[],
    p_point_elapsed_s double precision[], p_point_order_key double precision[], p_point_version bigint[],
    p_point_model text[],
    p_frame_of integer[], p_frame_event text[], p_frame_signal text[], p_frame_event_type text[],
    p_frame_was_type text[], p_frame_version bigint[], p_frame_recorded_at timestamptz[], p_frame_body text[],
    p_frame_changes text[]
) RETURNS SETOF text LANGUAGE plpgsql
-- Values of matches of long ago are compressed (Community edition); a correction unpacks those of its match, and those of
-- many matches are more than a transaction may by default.
SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0 AS $$
DECLARE
    v_anchor timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(p_match_id)]);
    v_mine   record;
    v_fact   record;
    v_now    timestamptz;
BEGIN
    -- Shared by all commits; who moves the pointer to what is on air (registry.put_on_air) holds it alone.
    PERFORM pg_advisory_xact_lock_shared(7355610);
    IF p_generation IS DISTINCT FROM (SELECT g.generation FROM registry.generation g) THEN
        RAISE EXCEPTION 'what is on air has changed since this was scored' USING ERRCODE = 'TL001';
    END IF;
    FOR v_mine IN
        SELECT t.ord, m.anchor_at, t.upto > t.since AS goes_on
        FROM unnest(p_match_id, p_epoch, p_from, p_to) WITH ORDINALITY AS t (match_id, epoch, since, upto, ord)
        JOIN ops.cursor c ON c.pipeline = p_pipeline AND c.match_id = t.match_id AND c.lease_epoch = t.epoch
                         AND c.version = t.since
        JOIN log.match m ON m.match_id = t.match_id AND m.version >= t.upto
        ORDER BY t.match_id
        FOR UPDATE OF c
    LOOP
        v_anchor[v_mine.ord] := v_mine.anchor_at;
        UPDATE ops.cursor c
        SET version = p_to[v_mine.ord], lease_renewed_at = clock_timestamp(),
            lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s),
            -- Who commits what was known already has computed it anew.
            recompute_at = CASE WHEN v_mine.goes_on OR p_settled[v_mine.ord] THEN c.recompute_at END,
            recompute_versions = CASE WHEN v_mine.goes_on OR p_settled[v_mine.ord] THEN c.recompute_versions
                                      ELSE '{}' END,
            owed = CASE WHEN p_settled[v_mine.ord] THEN '{}' ELSE c.owed END,
            parked_at = NULL, parked_reason = NULL, parked_version = NULL, attempts = 0, retry_at = NULL
        WHERE c.pipeline = p_pipeline AND c.match_id = p_match_id[v_mine.ord];
        RETURN NEXT p_match_id[v_mine.ord];
        -- Values change while the version that is scored stays as it is: kept facts hold no longer.
        IF NOT v_mine.goes_on OR p_pipeline <> 'live' THEN
            UPDATE mart.kept k SET changes = k.changes + 1 WHERE k.match_id = p_match_id[v_mine.ord];
        END IF;

        IF p_removed[v_mine.ord] IS NOT NULL THEN
            WITH gone AS (
                DELETE FROM signal.point p
                USING jsonb_to_recordset(p_removed[v_mine.ord])
                    AS r (signal text, signal_version integer, subject text, anchor text)
                WHERE p.match_id = p_match_id[v_mine.ord] AND p.signal = r.signal
                  AND p.signal_version = r.signal_version AND p.subject = r.subject AND p.anchor = r.anchor
                RETURNING p.occurred_at
            )
            INSERT INTO rollup.dirty (source, match_id, bucket)
                SELECT DISTINCT 'signal.point', p_match_id[v_mine.ord], time_bucket('1 minute', occurred_at) FROM gone;
        END IF;
    END LOOP;

    IF p_point_of IS NOT NULL THEN
        INSERT INTO signal.point (occurred_at, match_id, signal, signal_version, subject, anchor, team_id,
                                  source_event_id, value, status, revision, period, elapsed_s, order_key, version, model)
            SELECT v_anchor[of] + make_interval(secs => offset_s), p_match_id[of], signal, signal_version, subject,
                   anchor, team_id, source_event_id, value, status, revision, period, elapsed_s, order_key, version, model
            FROM unnest(p_point_of, p_point_offset_s, p_point_signal, p_point_signal_version, p_point_subject,
                        p_point_anchor, p_point_team_id, p_point_source_event_id, p_point_value, p_point_status,
                        p_point_revision, p_point_period, p_point_elapsed_s, p_point_order_key, p_point_version,
                        p_point_model)
                AS t (of, offset_s, signal, signal_version, subject, anchor, team_id, source_event_id, value, status,
                      revision, period, elapsed_s, order_key, version, model)
            WHERE v_anchor[of] IS NOT NULL;
        INSERT INTO rollup.dirty (source, match_id, bucket)
            SELECT DISTINCT 'signal.point', p_match_id[of],
                            time_bucket('1 minute', v_anchor[of] + make_interval(secs => offset_s))
            FROM unnest(p_point_of, p_point_offset_s) AS t (of, offset_s)
            WHERE v_anchor[of] IS NOT NULL;
    END IF;

    INSERT INTO signal.match_state AS s (match_id, version, home_id, away_id, home_name, away_name, home_score,
                                         away_score, period, elapsed_s, clock_display, status, details, updated_at)
    SELECT m.match_id, m.upto, home_id, away_id, home_name, away_name, home_score, away_score, period, elapsed_s,
           clock_display, status, details, clock_timestamp()
    FROM unnest(p_match_id, p_to, p_state, v_anchor) AS m (match_id, upto, state, anchor_at),
         LATERAL jsonb_to_record(m.state)
            AS t (home_id text, away_id text, home_name text, away_name text, home_score integer, away_score integer,
                  period smallint, elapsed_s double precision, clock_display text, status text, details jsonb)
    WHERE m.anchor_at IS NOT NULL AND m.state IS NOT NULL
    ON CONFLICT (match_id) DO UPDATE SET
        version = excluded.version, home_id = excluded.home_id, away_id = excluded.away_id,
        home_name = excluded.home_name, away_name = excluded.away_name, home_score = excluded.home_score,
        away_score = excluded.away_score, period = excluded.period, elapsed_s = excluded.elapsed_s,
        clock_display = excluded.clock_display, status = excluded.status, details = excluded.details,
        updated_at = excluded.updated_at;

    FOR v_mine IN
        SELECT t.* FROM unnest(p_match_id, p_state, p_finality, p_scored, p_entities, p_facts, v_anchor)
            AS t (match_id, state, finality, scored, entities, facts, anchor_at)
        WHERE t.anchor_at IS NOT NULL
          AND (t.finality IS NOT NULL OR t.entities IS NOT NULL OR t.facts IS NOT NULL)
    LOOP
        -- The match has ended, or is no longer over: every value that holds changes its status, none its revision.
        IF v_mine.finality IS NOT NULL THEN
            UPDATE signal.point p SET status = v_mine.finality
            WHERE p.match_id = v_mine.match_id AND p.status IN ('provisional', 'final') AND p.status <> v_mine.finality
              AND concat_ws('@', p.signal, p.signal_version) = ANY (string_to_array(v_mine.scored, ','));
        END IF;
        IF v_mine.entities IS NOT NULL THEN
            PERFORM mart.refresh_dims(v_mine.match_id, v_mine.state, v_mine.entities);
        END IF;
        IF v_mine.facts IS NOT NULL THEN
            UPDATE mart.kept k SET changes = k.changes + 1 WHERE k.match_id = v_mine.match_id;
        END IF;
        FOR v_fact IN SELECT key, nullif(value, 'null'::jsonb) AS ids FROM jsonb_each(v_mine.facts)
        LOOP
            PERFORM mart.refresh_fact(v_fact.key, v_mine.match_id, CASE WHEN v_fact.ids IS NOT NULL THEN
                ARRAY(SELECT jsonb_array_elements_text(v_fact.ids)) END);
        END LOOP;
    END LOOP;

    IF p_frame_of IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(7355608);
        v_now := clock_timestamp();
        FOR v_mine IN
            WITH new AS (
                INSERT INTO signal.publication (published_at, pub_seq, match_id, event, signal, event_type, was_type,
                                                version, recorded_at, body, changes)
                SELECT v_now, nextval('signal.pub_seq'), p_match_id[of], event, signal, event_type, was_type, version,
                       recorded_at, body, changes::jsonb
                FROM (SELECT * FROM unnest(p_frame_of, p_frame_event, p_frame_signal, p_frame_event_type,
                                           p_frame_was_type, p_frame_version, p_frame_recorded_at, p_frame_body,
                                           p_frame_changes) WITH ORDINALITY
                        AS t (of, event, signal, event_type, was_type, version, recorded_at, body, changes, place)
                      WHERE v_anchor[of] IS NOT NULL
                      ORDER BY place) f
                RETURNING match_id, pub_seq
            )
            SELECT match_id, max(pub_seq) AS last FROM new GROUP BY match_id
        LOOP
            PERFORM pg_notify('touchline_pub', concat_ws(',', v_mine.match_id, v_mine.last));
        END LOOP;
    END IF;
END
$$;
