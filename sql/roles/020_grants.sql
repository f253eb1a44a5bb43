-- What each role may use of this database; said again by every migration that adds something. A role that was not made is
-- passed over. Nobody else may call a function of ours.
DO $$
DECLARE
    v_schema text;
    v_name   record;
    v_made   text[] := ARRAY(SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'touchline\_%');
BEGIN
    FOREACH v_schema IN ARRAY ARRAY['log', 'signal', 'rollup', 'mart', 'registry', 'ops', 'feature'] LOOP
        EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', v_schema);
        EXECUTE format('REVOKE ALL ON ALL PROCEDURES IN SCHEMA %I FROM PUBLIC', v_schema);
        IF 'touchline_service' = ANY (v_made) THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO touchline_service', v_schema);
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO touchline_service', v_schema);
            EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO touchline_service', v_schema);
            EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO touchline_service', v_schema);
        END IF;
    END LOOP;
    IF 'touchline_service' = ANY (v_made) THEN
        GRANT SELECT ON public.alembic_version TO touchline_service;
    END IF;
    IF 'touchline_ingest' = ANY (v_made) THEN
        -- It appends: nothing of the log can it change, nothing of what came of it can it read.
        GRANT USAGE ON SCHEMA log, ops TO touchline_ingest;
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA log TO touchline_ingest;
        GRANT UPDATE ON log.match, log.stream, log.feed_sequence, log.quarantine TO touchline_ingest;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA log TO touchline_ingest;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA log TO touchline_ingest;
        GRANT SELECT, INSERT ON ops.cursor TO touchline_ingest;
        REVOKE EXECUTE ON FUNCTION log.purge_match(text, text) FROM touchline_ingest;
    END IF;
    IF 'touchline_analyst' = ANY (v_made) THEN
        GRANT USAGE ON SCHEMA mart, rollup TO touchline_analyst;
        -- Dimensions and facts, and the rollups of real matches: views, which look into the tables below them as their
        -- owner does. Not what they keep their rows in.
        FOR v_name IN
            SELECT c.oid::regclass AS name FROM pg_class c
            WHERE c.relnamespace = 'mart'::regnamespace AND c.relkind IN ('r', 'v')
              AND (c.relname LIKE 'dim\_%' OR c.relname LIKE 'fact\_%')
               OR c.relnamespace = 'rollup'::regnamespace AND c.relkind = 'v' AND c.relname !~ '_(all|parts|live|store|aggregate)$'
        LOOP
            EXECUTE format('GRANT SELECT ON %s TO touchline_analyst', v_name.name);
        END LOOP;
        -- A function in a view is called by who reads the view. These read real matches alone, and change nothing.
        FOR v_name IN
            SELECT p.oid::regprocedure AS name FROM pg_proc p
            WHERE p.pronamespace IN ('mart'::regnamespace, 'rollup'::regnamespace) AND p.provolatile <> 'v'
              AND (p.prosecdef OR p.proname = 'minute_key')
        LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO touchline_analyst', v_name.name);
        END LOOP;
    END IF;
    IF to_regnamespace('club') IS NOT NULL THEN
        REVOKE ALL ON ALL FUNCTIONS IN SCHEMA club FROM PUBLIC;
        IF 'touchline_club' = ANY (v_made) THEN
            GRANT USAGE ON SCHEMA club TO touchline_club;
            GRANT SELECT ON ALL TABLES IN SCHEMA club TO touchline_club;
            FOR v_name IN
                SELECT p.oid::regprocedure AS name FROM pg_proc p
                WHERE p.pronamespace = 'club'::regnamespace AND p.prosecdef AND p.proname LIKE '%\_of'
            LOOP
                EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO touchline_club', v_name.name);
            END LOOP;
        END IF;
    END IF;
    -- Nobody makes anything here but who is named above; before PostgreSQL 15 everybody might. Where database or schema
    -- belong to somebody else, it is left as it is.
    IF pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
        IF 'touchline_service' = ANY (v_made) THEN
            EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO touchline_service', current_database());
        END IF;
    END IF;
    IF pg_has_role((SELECT nspowner FROM pg_namespace WHERE nspname = 'public'), 'USAGE') THEN
        REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    END IF;
END
$$;
