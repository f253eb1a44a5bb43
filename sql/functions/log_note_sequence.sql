-- Notes which of a provider's own message numbers have come: what was skipped is missing until it comes, from
-- whichever connection. The caller holds the lock of the match. Numbers below 1 or above 2^53 are nobody's and are left
-- out. Holes are ranges, so a jump of any length is one; of more than 1,000 the oldest are given up, and counted.
CREATE OR REPLACE FUNCTION log.note_sequence(
    p_match_id text, p_provider text, p_role text, p_sequence bigint[], p_now timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_top bigint;
    v_got int8multirange;
BEGIN
    -- The next one, alone: so come most messages of a live match.
    IF cardinality(p_sequence) = 1 THEN
        UPDATE log.feed_sequence f SET high = f.high + 1
        WHERE f.match_id = p_match_id AND f.provider = p_provider AND f.role = p_role AND f.high + 1 = p_sequence[1]
          AND f.high < 9007199254740992;
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    SELECT max(s), range_agg(int8range(s, s + 1)) INTO v_top, v_got
    FROM unnest(p_sequence) AS t (s) WHERE s BETWEEN 1 AND 9007199254740992;
    IF v_top IS NULL THEN
        RETURN;
    END IF;
    UPDATE log.feed_sequence f SET (high, missing, given_up, gap_since) = (
        SELECT greatest(f.high, v_top), kept.missing,
               f.given_up + CASE WHEN kept.missing = now.missing THEN 0 ELSE
                   (SELECT sum(upper(r) - lower(r)) FROM unnest(now.missing - kept.missing) AS r) END,
               CASE WHEN isempty(kept.missing) THEN NULL ELSE coalesce(f.gap_since, p_now) END
        FROM (SELECT f.missing + int8multirange(int8range(f.high + 1, greatest(f.high, v_top) + 1)) - v_got AS missing) now,
             LATERAL (SELECT CASE WHEN isempty(now.missing) THEN now.missing ELSE (
                 SELECT range_agg(r) FROM (SELECT r FROM unnest(now.missing) AS r ORDER BY r DESC LIMIT 1000) newest
             ) END AS missing) kept
    )
    WHERE f.match_id = p_match_id AND f.provider = p_provider AND f.role = p_role
      AND (f.high < v_top OR f.missing && v_got);
    IF NOT FOUND THEN
        INSERT INTO log.feed_sequence (match_id, provider, role) VALUES (p_match_id, p_provider, p_role)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM log.note_sequence(p_match_id, p_provider, p_role, p_sequence, p_now);
        END IF;
    END IF;
END
$$;
