-- A version that is on the air cannot be loaded: the one that was there before takes its place, of all matches (p_matches
-- null) or of those that the broken one was tried on. Returns false where somebody has moved the pointer already.
CREATE OR REPLACE FUNCTION registry.fall_back(
    p_sport text, p_signal text, p_broken integer, p_version integer, p_matches text[], p_reason text
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7355610);
    IF p_matches IS NULL THEN
        PERFORM FROM registry.signal_version v
        WHERE v.sport = p_sport AND v.signal = p_signal AND v.version = p_broken AND v.stage = 'live';
    ELSE
        PERFORM FROM registry.canary c
        WHERE c.sport = p_sport AND c.signal = p_signal AND c.version = p_broken AND c.match_id = ANY (p_matches);
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM registry.put_on_air(p_sport, p_signal, p_version, p_matches, 'touchline', 'fell_back', p_reason);
    RETURN true;
END
$$;
