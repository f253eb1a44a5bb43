-- name: new_key
INSERT INTO ops.api_key (principal, key_hash, scopes, licence_scope) VALUES ($1, $2, $3, $4) RETURNING key_id;

-- name: list_keys
SELECT key_id, principal, scopes, licence_scope, created_at, revoked_at FROM ops.api_key ORDER BY key_id;

-- name: revoke_key
UPDATE ops.api_key SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE key_id = $1 RETURNING principal;

-- name: note_audit
INSERT INTO ops.audit (principal, action, details) VALUES ($1, $2, $3::jsonb);
