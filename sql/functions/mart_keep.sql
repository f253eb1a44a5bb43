-- Keeps the facts of one match that is over. p_facts: those that are kept, each made only of the ones before it: fact_<name> is kept in
-- mart.<name> and computed by mart.<name>_of(match, from kept events). Says whether it was done: not where somebody else is
-- at it.
--
-- Whatever is committed meanwhile moves the version or `changes`, read here before anything else: what was kept then holds
-- no longer, and readers go on computing. So nothing is locked, and no commit ever waits.
CREATE OR REPLACE FUNCTION mart.keep(p_match_id text, p_facts text[]) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_key     integer;
    v_changes bigint;
    v_version bigint;
    v_fact    text;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7355611, hashtext(p_match_id)) THEN
        RETURN false;
    END IF;
    SELECT d.match_key, k.changes, c.version INTO v_key, v_changes, v_version
    FROM mart.kept k
    JOIN mart.dim_match d ON d.match_id = k.match_id AND d.is_real
    JOIN ops.cursor c ON c.match_id = k.match_id AND c.pipeline = 'live'
    WHERE k.match_id = p_match_id AND (k.kept_changes <> k.changes OR k.kept_version <> c.version);
    IF v_key IS NULL THEN
        RETURN false;
    END IF;
    FOREACH v_fact IN ARRAY p_facts LOOP
        EXECUTE format('DELETE FROM mart.%I WHERE match_key = $1', v_fact) USING v_key;
        EXECUTE format('INSERT INTO mart.%I SELECT * FROM mart.%I($1, true)', v_fact, v_fact || '_of') USING p_match_id;
    END LOOP;
    UPDATE mart.kept SET kept_changes = v_changes, kept_version = v_version, kept_at = clock_timestamp()
    WHERE match_id = p_match_id;
    RETURN true;
END
$$;
