-- name: club_login_may
-- Of a role: is it there, may it log in, is it in touchline_club, and can it read the marts whole? One row.
SELECT r.rolname IS NOT NULL AS is_there,
       coalesce(r.rolcanlogin AND pg_has_role(r.oid, g.oid, 'MEMBER'), false) AS is_club,
       coalesce(has_schema_privilege(r.oid, 'mart', 'USAGE'), false) AS reads_all
FROM (SELECT $1::text AS login) AS asked
LEFT JOIN pg_roles r ON r.rolname = asked.login
LEFT JOIN pg_roles g ON g.rolname = 'touchline_club';

-- name: club_team_name
SELECT coalesce(name, team_id) FROM mart.dim_team WHERE team_id = $1;

-- name: club_grant
INSERT INTO ops.club_login (login, team_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: club_revoke
DELETE FROM ops.club_login WHERE login = $1 AND ($2::text IS NULL OR team_id = $2) RETURNING team_id;

-- name: club_list
-- can_log_in: null where there is no such role any more.
SELECT l.login, l.team_id, t.name AS team, l.granted_at, r.rolcanlogin AS can_log_in
FROM ops.club_login l
LEFT JOIN mart.dim_team t ON t.team_id = l.team_id
LEFT JOIN pg_roles r ON r.rolname = l.login
ORDER BY 1, 2;
