-- The time that a UUID of version 1 says, to the microsecond: what timescale-vector filters by. Its own function goes over
-- floating point and loses microseconds.
CREATE SCHEMA IF NOT EXISTS feature;
CREATE OR REPLACE FUNCTION feature.uuid_timestamp(p_id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT TIMESTAMPTZ '1970-01-01 00:00:00+00' + (
        (('x' || substr(p_id::text, 16, 3) || substr(p_id::text, 10, 4) || substr(p_id::text, 1, 8))::bit(60)::bigint
         - 122192928000000000 + 5) / 10
    ) * INTERVAL '1 microsecond'
$$;
