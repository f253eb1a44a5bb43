-- Keeps what could not be decoded, many messages at once. The same message again, also in one call, counts up `seen`
-- instead of filling the disk. Returns how many were not known yet.
CREATE OR REPLACE FUNCTION log.quarantine_messages(
    p_match_id text, p_provider text, p_principal text, p_source_event_id text[], p_reason text[],
    p_payload_hash bytea[], p_payload bytea[], p_payload_bytes bigint[]
) RETURNS bigint LANGUAGE sql AS $$
    WITH given AS (
        SELECT DISTINCT ON (t.payload_hash) t.*, count(*) OVER (PARTITION BY t.payload_hash) AS times
        FROM unnest(p_source_event_id, p_reason, p_payload_hash, p_payload, p_payload_bytes)
            WITH ORDINALITY AS t (source_event_id, reason, payload_hash, payload, payload_bytes, ord)
        ORDER BY t.payload_hash, t.ord DESC
    ), kept AS (
        INSERT INTO log.quarantine AS q (match_id, provider, source_event_id, reason, payload_hash, payload,
                                         payload_bytes, principal, seen)
        SELECT p_match_id, p_provider, g.source_event_id, g.reason, g.payload_hash, g.payload, g.payload_bytes,
               p_principal, g.times
        FROM given g ORDER BY g.ord
        ON CONFLICT (match_id, provider, payload_hash)
            DO UPDATE SET seen = q.seen + excluded.seen, last_seen_at = clock_timestamp(), reason = excluded.reason
        RETURNING q.xmax = 0 AS is_new
    )
    SELECT count(*) FILTER (WHERE k.is_new) FROM kept k;
$$;
