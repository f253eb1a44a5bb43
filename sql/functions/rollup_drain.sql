-- What a worker does for the rollups that are continuous aggregates (app/warehouse/rollups.py), as a job of their owner: only
-- the owner of an aggregate may refresh it, and so the service need not be it. Ends at once where a worker does it already.
--
-- config: `rollups`, those made of others after them (aggregate, source: the hypertable below, bucket: its width, closes);
-- settle_s: a minute that was touched later than that is left; limit: marks at a time, again and again until none is left.
--
-- A refresh commits in the middle of itself, and so does this. It is no function, and runs with no rights but its caller's:
-- neither SECURITY DEFINER nor a setting of its own may be here, a procedure that has one cannot commit.
CREATE OR REPLACE PROCEDURE rollup.drain(job_id integer, config jsonb) LANGUAGE plpgsql AS $$
DECLARE
    v_settle_s double precision := (config ->> 'settle_s')::double precision;
    v_limit    bigint := (config ->> 'limit')::bigint;
    v_marks    bigint[];
    v_steps    jsonb;
    v_step     jsonb;
    v_since    timestamptz;
    v_upto     timestamptz;
BEGIN
    LOOP
        -- Marks first, with what is to be done for them: a commit that is seen here is in every refresh below.
        WITH settled AS MATERIALIZED (
            SELECT d.source, d.match_id, d.bucket FROM rollup.dirty d GROUP BY d.source, d.match_id, d.bucket
            HAVING max(d.queued_at) <= clock_timestamp() - make_interval(secs => v_settle_s)
                OR min(d.queued_at) <= clock_timestamp() - make_interval(secs => v_settle_s + 60)
        ), taken AS MATERIALIZED (
            SELECT d.queue_id, d.source, d.bucket FROM rollup.dirty d JOIN settled USING (source, match_id, bucket)
            ORDER BY d.queue_id LIMIT v_limit
        ), made AS (
            SELECT r.ord, r.of ->> 'aggregate' AS aggregate, r.of ->> 'source' AS source, (r.of ->> 'bucket')::interval AS width
            FROM jsonb_array_elements(config -> 'rollups') WITH ORDINALITY AS r (of, ord)
        ), touched AS (
            SELECT DISTINCT m.ord, m.aggregate, m.width, time_bucket(m.width, t.bucket) AS bucket
            FROM taken t JOIN made m USING (source)
        ), begun AS (
            -- Neighbours within an hour share one refresh.
            SELECT b.*, coalesce(b.bucket - lag(b.bucket) OVER in_order > b.width + INTERVAL '1 hour', true) AS begins
            FROM touched b WINDOW in_order AS (PARTITION BY b.ord ORDER BY b.bucket)
        ), stretches AS (
            SELECT g.ord, g.aggregate, min(g.bucket) AS since, max(g.bucket) + g.width AS upto
            FROM (SELECT b.*, count(*) FILTER (WHERE b.begins) OVER (PARTITION BY b.ord ORDER BY b.bucket) AS place FROM begun b) g
            GROUP BY g.ord, g.aggregate, g.width, g.place
        )
        SELECT (SELECT array_agg(t.queue_id) FROM taken t),
               (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.ord, s.since) FROM stretches s)
        INTO v_marks, v_steps;
        COMMIT;
        EXIT WHEN v_marks IS NULL;

        -- A plan that a session has made of a compressed chunk does not see the rows that a refresh puts beside it.
        PERFORM decompress_chunk(t.chunk, true)
        FROM (SELECT DISTINCT format('%I.%I', h.chunk_schema, h.chunk_name)::regclass AS chunk
              FROM jsonb_to_recordset(v_steps) AS s (aggregate text, since timestamptz, upto timestamptz)
              JOIN timescaledb_information.continuous_aggregates a ON format('%I.%I', a.view_schema, a.view_name)::regclass = s.aggregate::regclass
              JOIN timescaledb_information.chunks h ON h.hypertable_schema = a.materialization_hypertable_schema
                                                   AND h.hypertable_name = a.materialization_hypertable_name
                                                   AND h.range_start < s.upto AND h.range_end > s.since
              WHERE h.is_compressed) t;
        COMMIT;

        FOR v_step IN SELECT s FROM jsonb_array_elements(v_steps) AS s LOOP
            CALL refresh_continuous_aggregate((v_step ->> 'aggregate')::regclass, (v_step ->> 'since')::timestamptz,
                                              (v_step ->> 'upto')::timestamptz);
        END LOOP;
        DELETE FROM rollup.dirty WHERE queue_id = ANY (v_marks);
        COMMIT;
    END LOOP;

    -- The minutes into which nothing can come any more, of what is only ever appended to.
    FOR v_step IN SELECT r FROM jsonb_array_elements(config -> 'rollups') AS r WHERE (r ->> 'closes')::boolean LOOP
        SELECT c.since, c.upto INTO v_since, v_upto FROM rollup.closing(v_step ->> 'name') c;
        COMMIT;
        CONTINUE WHEN v_upto IS NULL;
        CALL refresh_continuous_aggregate((v_step ->> 'aggregate')::regclass, v_since, v_upto);
        -- Only when nobody else has moved it meanwhile.
        UPDATE rollup.closed SET upto = v_upto, next_upto = NULL, until_xid = NULL
        WHERE rollup = v_step ->> 'name' AND upto = v_since;
        COMMIT;
    END LOOP;
END
$$;
