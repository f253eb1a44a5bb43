-- Puts a version of a signal on the air, of all matches of its sport (p_matches null) or of some (a canary). Returns the
-- version that was live before. Nothing is published: from the next event of a match on, its frames are of this version,
-- and readers of what is stored see this version's values.
--
-- Every commit holds the lock shared, so none is in the middle here, and those that were scored before are refused.
-- What leaves the air is whole up to where its match is scored, and goes on beside from there, so that it can come back.
-- What comes on the air is owed where it was not whole there, and whoever scores the match next makes it so.
CREATE OR REPLACE FUNCTION registry.put_on_air(
    p_sport text, p_signal text, p_version integer, p_matches text[], p_principal text, p_action text, p_reason text
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    v_new  text := concat_ws('@', p_signal, p_version);
    v_was  integer;
    v_ids  text[];
    v_olds integer[];
BEGIN
    PERFORM pg_advisory_xact_lock(7355610);
    PERFORM FROM ops.cursor c JOIN log.match m USING (match_id)
    WHERE m.sport = p_sport AND c.pipeline IN ('live', registry.beside(p_sport, p_signal, p_version))
      AND (p_matches IS NULL OR m.match_id = ANY (p_matches))
    ORDER BY c.match_id, c.pipeline FOR UPDATE OF c;

    SELECT v.version INTO v_was FROM registry.signal_version v
    WHERE v.sport = p_sport AND v.signal = p_signal AND v.stage = 'live';
    SELECT array_agg(t.match_id), array_agg(t.old) INTO v_ids, v_olds
    FROM (SELECT m.match_id, o.version AS old
          FROM log.match m LEFT JOIN registry.on_air o ON o.match_id = m.match_id AND o.signal = p_signal
          WHERE m.sport = p_sport AND (p_matches IS NULL OR m.match_id = ANY (p_matches))) t
    WHERE t.old IS DISTINCT FROM p_version;

    INSERT INTO ops.cursor AS b (match_id, pipeline, version, owed)
    SELECT c.match_id, registry.beside(p_sport, p_signal, t.old), c.version,
           ARRAY(SELECT k FROM unnest(c.owed) k WHERE k = concat_ws('@', p_signal, t.old))
    FROM unnest(v_ids, v_olds) AS t (match_id, old) JOIN ops.cursor c ON c.match_id = t.match_id AND c.pipeline = 'live'
    WHERE t.old IS NOT NULL
    ON CONFLICT (pipeline, match_id) DO UPDATE
        SET version = excluded.version, owed = excluded.owed, lease_epoch = b.lease_epoch + 1, lease_owner = NULL,
            lease_expires_at = NULL;

    UPDATE ops.cursor c
    SET owed = ARRAY(SELECT k FROM unnest(c.owed) k WHERE split_part(k, '@', 1) <> p_signal)
               || CASE WHEN c.version > 0 AND (b.version IS DISTINCT FROM c.version OR b.owed <> '{}') THEN ARRAY[v_new]
                       ELSE '{}'::text[] END
    FROM unnest(v_ids) AS t (match_id)
    LEFT JOIN ops.cursor b ON b.match_id = t.match_id AND b.pipeline = registry.beside(p_sport, p_signal, p_version)
    WHERE c.match_id = t.match_id AND c.pipeline = 'live';
    DELETE FROM ops.cursor b
    WHERE b.pipeline = registry.beside(p_sport, p_signal, p_version) AND b.match_id = ANY (v_ids);

    IF p_matches IS NULL THEN
        UPDATE registry.signal_version v SET stage = 'shadow'
        WHERE v.sport = p_sport AND v.signal = p_signal AND v.stage = 'live' AND v.version <> p_version;
        UPDATE registry.signal_version v SET stage = 'live', promote_when_filled = false, adopt_until = NULL
        WHERE v.sport = p_sport AND v.signal = p_signal AND v.version = p_version;
        DELETE FROM registry.canary c WHERE c.sport = p_sport AND c.signal = p_signal;
    ELSIF v_was IS NOT DISTINCT FROM p_version THEN
        DELETE FROM registry.canary c WHERE c.sport = p_sport AND c.signal = p_signal AND c.match_id = ANY (p_matches);
    ELSE
        INSERT INTO registry.canary AS c (match_id, sport, signal, version)
            SELECT m, p_sport, p_signal, p_version FROM unnest(p_matches) m
        ON CONFLICT (match_id, signal) DO UPDATE SET version = excluded.version;
        UPDATE registry.signal_version v SET adopt_until = NULL
        WHERE v.sport = p_sport AND v.signal = p_signal AND v.version = p_version;
    END IF;
    INSERT INTO registry.deployment (principal, action, sport, signal, version, from_version, match_ids, reason)
    VALUES (p_principal, p_action, p_sport, p_signal, p_version, v_was, p_matches, p_reason);
    UPDATE registry.generation SET generation = generation + 1;
    PERFORM pg_notify('touchline_registry', 'registry');
    RETURN v_was;
END
$$;

-- The pipeline that scores a version of a signal that is not on air.
CREATE OR REPLACE FUNCTION registry.beside(p_sport text, p_signal text, p_version integer) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT format('beside:%s.%s@%s', p_sport, p_signal, p_version) $$;
