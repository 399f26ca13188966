-- lease.live(): every lease of this database, with its state: "live", "expired" (cannot log in, its sessions may still
-- be open), "tombstone" (closed, or revoked and not dropped). SECURITY INVOKER: it reads only what anyone may read.
DECLARE
  v_here pg_catalog.text;
  v_role pg_catalog.record;
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  v_here := '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":';
  PERFORM pg_stat_clear_snapshot();
  FOR v_role IN
    SELECT r.rolname, r.rolcanlogin, r.rolvaliduntil, coalesce(a.sessions, 0) AS sessions,
           shobj_description(r.oid, 'pg_authid') AS comment
      FROM pg_roles AS r
      LEFT JOIN (SELECT s.usesysid, count(*) AS sessions FROM pg_stat_activity AS s GROUP BY s.usesysid) AS a
        ON a.usesysid = r.oid
     WHERE starts_with(shobj_description(r.oid, 'pg_authid'), v_here)
     ORDER BY r.rolname
  LOOP
    name := v_role.rolname;
    BEGIN
      "group" := v_role.comment::json ->> 'group';
      issued := (v_role.comment::json ->> 'issued')::timestamptz;
    EXCEPTION WHEN OTHERS THEN
      "group" := NULL;
      issued := NULL;
    END;
    until := v_role.rolvaliduntil;
    sessions := v_role.sessions;
    state := CASE
      WHEN NOT v_role.rolcanlogin THEN 'tombstone'
      WHEN v_role.rolvaliduntil <= clock_timestamp() THEN 'expired'
      ELSE 'live'
    END;
    RETURN NEXT;
  END LOOP;
END
