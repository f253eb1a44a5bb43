-- Does a lease hold? One that ends later than any that is given (a rebuild's is the longest) is from before the clock
-- was put back: nobody may be left to renew it, and the fence keeps whoever is from doing harm.
CREATE OR REPLACE FUNCTION ops.leased(p_expires_at timestamptz, p_lease_s double precision) RETURNS boolean
LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(p_expires_at > clock_timestamp()
                    AND p_expires_at <= clock_timestamp() + make_interval(secs => greatest(p_lease_s, 30)), false);
$$;
