-- Keeps what could not be decoded. The same message again counts up `seen` instead of filling the disk.
CREATE OR REPLACE FUNCTION log.quarantine_message(
    p_match_id text, p_provider text, p_source_event_id text, p_reason text, p_payload_hash bytea, p_payload bytea,
    p_payload_bytes bigint, p_principal text
) RETURNS boolean LANGUAGE sql AS $$
    INSERT INTO log.quarantine AS q (match_id, provider, source_event_id, reason, payload_hash, payload, payload_bytes,
                                     principal)
    VALUES (p_match_id, p_provider, p_source_event_id, p_reason, p_payload_hash, p_payload, p_payload_bytes, p_principal)
    ON CONFLICT (match_id, provider, payload_hash)
        DO UPDATE SET seen = q.seen + 1, last_seen_at = clock_timestamp(), reason = excluded.reason
    RETURNING seen = 1;
$$;
