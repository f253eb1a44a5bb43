-- From a file to the air: the registry keeps the text of every version of every signal and the model that it is bound to;
-- which version is on the air of which match is a pointer that one transaction moves.
CREATE TABLE registry.model_version (
    model         text NOT NULL,
    version       integer NOT NULL,
    kind          text NOT NULL,
    sha256        text NOT NULL,
    artifact      text NOT NULL,
    licence       text,
    research_only boolean NOT NULL DEFAULT false,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, version)
);
COMMENT ON TABLE registry.model_version IS 'Every version of every model that a signal was ever bound to: its file, whole';
COMMENT ON COLUMN registry.model_version.sha256 IS 'Of the parameters; checked whenever the model is loaded';
COMMENT ON COLUMN registry.model_version.artifact IS 'The file as it was: name, version, kind, parameters, card, sha256';
COMMENT ON COLUMN registry.model_version.research_only IS 'Trained on data that may not be used on air: promote refuses it';

ALTER TABLE registry.signal_version
    ADD COLUMN source text,
    ADD COLUMN sha256 text,
    ADD COLUMN model text,
    ADD COLUMN model_version integer,
    ADD COLUMN promote_when_filled boolean NOT NULL DEFAULT false,
    ADD COLUMN adopt_until timestamptz,
    ADD FOREIGN KEY (model, model_version) REFERENCES registry.model_version (model, version);
COMMENT ON COLUMN registry.signal_version.source IS 'The text of its file, which is what scores';
COMMENT ON COLUMN registry.signal_version.sha256 IS 'Of the text';
COMMENT ON COLUMN registry.signal_version.model IS 'The model it is bound to, with model_version; null without one';
COMMENT ON COLUMN registry.signal_version.promote_when_filled IS 'Goes on air by itself once it is filled from the log';
COMMENT ON COLUMN registry.signal_version.adopt_until IS 'Until then workers make ready to score it: it is about to go on air';

CREATE TABLE registry.generation (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint NOT NULL
);
INSERT INTO registry.generation (generation) VALUES (1);
COMMENT ON TABLE registry.generation IS 'Counts up whenever what is on air changes; a commit that was scored for another generation is refused';

CREATE TABLE registry.canary (
    match_id text NOT NULL REFERENCES log.match (match_id) ON DELETE CASCADE,
    sport    text NOT NULL,
    signal   text NOT NULL,
    version  integer NOT NULL,
    PRIMARY KEY (match_id, signal),
    FOREIGN KEY (sport, signal, version) REFERENCES registry.signal_version (sport, signal, version)
);
COMMENT ON TABLE registry.canary IS 'Matches on whose air another version than the live one is';

CREATE TABLE registry.deployment (
    deployment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    principal     text NOT NULL,
    licence_scope text NOT NULL DEFAULT 'unrestricted',
    action        text NOT NULL CHECK (action IN ('registered', 'deployed', 'promoted', 'rolled_back', 'canary', 'canary_ended', 'retired')),
    sport         text NOT NULL,
    signal        text NOT NULL,
    version       integer NOT NULL,
    from_version  integer,
    match_ids     text[],
    reason        text
);
CREATE INDEX deployment_of_signal ON registry.deployment (sport, signal, deployment_id);
COMMENT ON TABLE registry.deployment IS 'The audit of the air: who put which version of a signal where, when, and why';
COMMENT ON COLUMN registry.deployment.from_version IS 'What was on air before; null where nothing was';
COMMENT ON COLUMN registry.deployment.match_ids IS 'Of a canary: the matches; null for all';

CREATE VIEW registry.on_air AS
SELECT m.match_id, v.sport, v.signal, v.version, v.declaration
FROM log.match m
JOIN registry.signal_version v ON v.sport = m.sport
LEFT JOIN registry.canary c ON c.match_id = m.match_id AND c.signal = v.signal
WHERE CASE WHEN c.version IS NULL THEN v.stage = 'live' ELSE v.version = c.version END;
COMMENT ON VIEW registry.on_air IS 'Which version of each signal readers of a match see';

ALTER TABLE ops.cursor ADD COLUMN owed text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ops.cursor.owed IS 'Signals (as xg@2) whose stored values may not be whole up to this version: compared with the log, and mended silently, by whoever scores the match next';

DROP FUNCTION IF EXISTS ops.claim(text, text, double precision, integer, text[]);
DROP FUNCTION IF EXISTS signal.commit(text, double precision, text[], bigint[], bigint[], bigint[], jsonb[], text[], jsonb[],
    jsonb[], jsonb[], integer[], double precision[], text[], integer[], text[], text[], text[], text[], double precision[],
    text[], integer[], smallint[], double precision[], double precision[], bigint[], text[], integer[], text[], text[],
    text[], text[], bigint[], timestamptz[], text[], text[]);

CREATE OR REPLACE VIEW mart.fact_signal AS
SELECT m.match_key, m.match_id, p.occurred_at, p.signal, p.signal_version, p.subject, p.team_id, p.anchor,
       p.source_event_id, p.value, p.status, p.revision, p.period, p.elapsed_s, p.order_key, p.version, p.model
FROM signal.point p
JOIN mart.dim_match m ON m.match_id = p.match_id AND m.is_real
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version;
