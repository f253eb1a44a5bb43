-- Does a lease hold? One that was renewed later than now is from before the clock was put back: nobody may be left to
-- renew it, and the fence keeps whoever is from doing harm.
CREATE OR REPLACE FUNCTION ops.leased(p_renewed_at timestamptz, p_expires_at timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(clock_timestamp() BETWEEN p_renewed_at AND p_expires_at, false);
$$;
