-- Who may do what. Roles belong to the whole cluster: each is looked for first, and made where whoever runs this may make
-- roles. Where not, a notice says so, and everything else goes on: one role owns and does all, as ever.
DO $$
DECLARE
    v_role  text;
    v_owner text := (SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE d.datname = current_database());
    v_may   boolean := (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user);
BEGIN
    FOREACH v_role IN ARRAY ARRAY['touchline_owner', 'touchline_service', 'touchline_ingest', 'touchline_analyst', 'touchline_club'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = v_role);
        IF NOT v_may THEN
            RAISE NOTICE 'role % is not made: % may not make roles. As one who may, run sql/roles/010_roles.sql, then `touchline db migrate` again', v_role, current_user;
            CONTINUE;
        END IF;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', v_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of the cluster was quicker
        END;
        IF v_role = 'touchline_analyst' THEN
            -- Settings count for the role that logs in. There is no password until somebody gives it one.
            ALTER ROLE touchline_analyst LOGIN CONNECTION LIMIT 20;
            ALTER ROLE touchline_analyst SET default_transaction_read_only = on;
            ALTER ROLE touchline_analyst SET statement_timeout = '30s';
            ALTER ROLE touchline_analyst SET idle_in_transaction_session_timeout = '60s';
            ALTER ROLE touchline_analyst SET search_path = mart, rollup, public;
        END IF;
    END LOOP;
    -- Whoever is in touchline_owner may act as the owner of the schema; the owner may act as any of the others but that.
    IF v_may THEN
        FOR v_role IN SELECT rolname FROM pg_roles
                      WHERE rolname IN ('touchline_service', 'touchline_ingest', 'touchline_analyst', 'touchline_club')
        LOOP
            IF NOT pg_has_role(v_owner, v_role, 'MEMBER') THEN
                EXECUTE format('GRANT %I TO %I', v_role, v_owner);
            END IF;
        END LOOP;
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'touchline_owner') AND NOT pg_has_role('touchline_owner', v_owner, 'MEMBER')
           AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = v_owner) THEN
            BEGIN
                EXECUTE format('GRANT %I TO touchline_owner', v_owner);
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE NOTICE 'touchline_owner has not become a member of %: % may not grant it', v_owner, current_user;
            END;
        END IF;
    END IF;
END
$$;
