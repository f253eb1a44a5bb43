-- Makes the table of soccer's moments, where it is missing and the server has pgvector. True when it is there afterwards;
-- what stands in the way is a notice. A server without pgvector has everything else: nothing but this needs it.
-- The columns id, metadata, contents and embedding and the names of the indexes are those of the library timescale-vector.
CREATE SCHEMA IF NOT EXISTS feature;
CREATE OR REPLACE FUNCTION feature.prepare_soccer_moment() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('feature.soccer_moment') IS NOT NULL THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        BEGIN
            CREATE EXTENSION vector SCHEMA public;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'moments of soccer cannot be compared: pgvector is missing here (%)', SQLERRM;
            RETURN false;
        END;
    END IF;
    CREATE TABLE feature.soccer_moment (
        id              uuid PRIMARY KEY,
        metadata        jsonb NOT NULL,
        contents        text NOT NULL,
        embedding       public.vector(44) NOT NULL,
        match_id        text NOT NULL GENERATED ALWAYS AS (metadata ->> 'match') STORED
                        REFERENCES log.match (match_id) ON DELETE CASCADE,
        source_event_id text NOT NULL GENERATED ALWAYS AS (metadata ->> 'event') STORED,
        UNIQUE (match_id, source_event_id)
    );
    CREATE INDEX soccer_moment_meta_idx ON feature.soccer_moment USING gin (metadata jsonb_path_ops);
    IF EXISTS (SELECT FROM pg_am WHERE amname = 'hnsw') THEN
        CREATE INDEX soccer_moment_embedding_idx ON feature.soccer_moment
            USING hnsw (embedding public.vector_l2_ops) WITH (m = 16, ef_construction = 64);
    END IF;
    COMMENT ON TABLE feature.soccer_moment IS 'Attacks and shots of real matches of soccer as points of a space in which what is alike lies close together';
    COMMENT ON COLUMN feature.soccer_moment.id IS 'UUID of version 1: its time is that of the moment, the rest a hash of match, event and all that is stored of it';
    COMMENT ON COLUMN feature.soccer_moment.metadata IS 'What is filtered by: embedding, match, event, competition, team, players, period, elapsed_s, has_shot';
    COMMENT ON COLUMN feature.soccer_moment.contents IS 'The moment in words';
    COMMENT ON COLUMN feature.soccer_moment.embedding IS '44 numbers, scaled and weighted: app/sports/soccer/attack_numbers.py. Euclidean distance';
    COMMENT ON COLUMN feature.soccer_moment.match_id IS 'Of metadata: a match that goes takes its moments along';
    COMMENT ON COLUMN feature.soccer_moment.source_event_id IS 'Of metadata: the shot, or the last touch of an attack without one';
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'touchline_service') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON feature.soccer_moment TO touchline_service;
    END IF;
    RETURN true;
END
$$;
