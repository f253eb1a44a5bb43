-- What of a batch is new, as arrays in its order: place counts what is new from 1 and is null for a repeat; revision is
-- ours; effective is false for what arrived already overtaken. The caller holds the lock of the match. The rules are
-- told in log_append.sql.
CREATE OR REPLACE FUNCTION log.judge(
    p_match_id text, p_provider text, p_role text, p_mode text,
    p_source_event_id text[], p_kind text[], p_provider_revision bigint[], p_content_hash bytea[],
    OUT place bigint[], OUT revision integer[], OUT effective boolean[], OUT appended integer
) LANGUAGE plpgsql STABLE
-- Statistics know nothing of a batch; joined by nested loops a long one would take its square.
SET enable_nestloop = off AS $$
#variable_conflict use_column
BEGIN
    WITH newest AS MATERIALIZED (
        SELECT i.source_event_id, max(i.revision) AS revision,
               max(i.provider_revision) FILTER (WHERE i.effective) AS provider_revision,
               array_agg(i.provider_revision) FILTER (WHERE i.provider_revision IS NOT NULL) AS provider_revisions,
               array_agg(i.content_hash) FILTER (WHERE NOT i.amends) AS recorded_hashes,
               array_agg(i.content_hash) FILTER (WHERE i.amends) AS amended_hashes,
               (array_agg(i.content_hash ORDER BY i.revision DESC) FILTER (WHERE i.effective))[1] AS content_hash,
               (array_agg(i.retracted ORDER BY i.revision DESC) FILTER (WHERE i.effective))[1] AS retracted,
               (array_agg(i.amends ORDER BY i.revision DESC) FILTER (WHERE i.effective))[1] AS amends,
               -- Only a document can bring back what a document left out.
               coalesce(p_mode = 'follow'
                        AND (array_agg(i.absent ORDER BY i.revision DESC) FILTER (WHERE i.effective))[1], false) AS absent
        FROM (SELECT DISTINCT t.id FROM unnest(p_source_event_id) AS t (id)) AS named, LATERAL (
            SELECT k.* FROM log.identity k
            WHERE k.match_id = p_match_id AND k.provider = p_provider AND k.role = p_role
              AND k.source_event_id = named.id OFFSET 0) AS i
        GROUP BY i.source_event_id
    ), given AS (
        -- What the provider numbers is judged by its number alone.
        SELECT i.*, n.revision AS newest_revision, n.retracted AS newest_retracted, n.content_hash AS newest_hash,
               coalesce(n.amends, false) AS newest_amends, i.kind = 'amended' AS amends,
               CASE WHEN i.kind = 'amended' THEN n.amended_hashes ELSE n.recorded_hashes END AS content_hashes,
               i.provider_revision IS NOT NULL AS numbered,
               (n.provider_revisions IS NULL OR i.provider_revision <> ALL (n.provider_revisions)
                OR (n.absent AND i.provider_revision = n.provider_revision))
               AND row_number() OVER (PARTITION BY i.source_event_id, i.provider_revision ORDER BY i.ord) = 1 AS unseen,
               coalesce(i.provider_revision > greatest(n.provider_revision - n.absent::integer,
                                                       max(i.provider_revision) OVER before), true) AS newer
        FROM unnest(p_source_event_id, p_kind, p_provider_revision, p_content_hash)
            WITH ORDINALITY AS i (source_event_id, kind, provider_revision, content_hash, ord)
        LEFT JOIN newest n ON n.source_event_id = i.source_event_id
        WINDOW before AS (PARTITION BY i.source_event_id ORDER BY i.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), judged AS (
        SELECT g.*,
               CASE
                   WHEN g.numbered THEN g.unseen
                   WHEN p_mode = 'follow' THEN
                       -- Against what holds just before it: the last of the batch that holds, else the stored one.
                       coalesce(p_content_hash[max(g.ord) FILTER (WHERE NOT g.numbered OR (g.unseen AND g.newer)) OVER before],
                                g.newest_hash) IS DISTINCT FROM g.content_hash
                   ELSE
                       (g.content_hashes IS NULL OR g.content_hash <> ALL (g.content_hashes))
                       AND count(*) FILTER (WHERE NOT g.numbered OR g.unseen) OVER same_before = 0
               END AS is_new
        FROM given g
        WINDOW before AS (PARTITION BY g.source_event_id ORDER BY g.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
               same_before AS (PARTITION BY g.source_event_id, g.content_hash, g.amends ORDER BY g.ord
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), placed AS (
        SELECT j.ord, j.source_event_id, j.kind, j.numbered, j.newer, j.newest_retracted, j.newest_amends,
               row_number() OVER (ORDER BY j.ord) AS place,
               coalesce(j.newest_revision, 0) + row_number() OVER so_far AS revision,
               -- How often a number has said anew what holds: what was retracted before it no longer counts.
               count(*) FILTER (WHERE j.numbered AND j.newer) OVER so_far AS said_anew
        FROM judged j WHERE j.is_new
        WINDOW so_far AS (PARTITION BY j.source_event_id ORDER BY j.ord ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ), kept AS (
        SELECT p.ord, p.place, p.revision,
               CASE
                   WHEN p.numbered THEN p.newer
                   WHEN p_mode = 'follow' THEN true
                   ELSE NOT (coalesce(bool_or(p.kind = 'retracted' AND (p.newer OR NOT p.numbered)) OVER before, false)
                             OR (p.said_anew = 0 AND coalesce(p.newest_retracted, false))
                             -- It was sent before what amends it, and came after it.
                             OR (p.kind = 'recorded' AND (
                                    coalesce(bool_or(p.kind = 'amended') OVER before, false)
                                    OR (p.said_anew = 0 AND p.newest_amends))))
               END AS effective
        FROM placed p
        WINDOW before AS (PARTITION BY p.source_event_id, p.said_anew ORDER BY p.ord
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
    SELECT array_agg(k.place ORDER BY i.ord), array_agg(k.revision ORDER BY i.ord),
           array_agg(k.effective ORDER BY i.ord), count(k.place)
    INTO place, revision, effective, appended
    FROM generate_series(1, cardinality(p_source_event_id)) AS i (ord) LEFT JOIN kept k ON k.ord = i.ord;
END
$$;
