-- Falling back is a move of the pointer that nobody ordered.
ALTER TABLE registry.deployment DROP CONSTRAINT deployment_action_check;
ALTER TABLE registry.deployment ADD CONSTRAINT deployment_action_check
    CHECK (action IN ('registered', 'deployed', 'promoted', 'rolled_back', 'canary', 'canary_ended', 'retired', 'fell_back'));
COMMENT ON COLUMN registry.deployment.action IS 'What was done; fell_back: the version on air could not be loaded, and the one before it took its place';
