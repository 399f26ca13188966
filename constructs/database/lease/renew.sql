-- lease.renew(username, expiration): moves the end of a live lease, never beyond issued + its group's maximum TTL, and
-- never back. Refused: 22004, 42622, 22023 as in lease.issue, 42704 no live lease of a registered group, 55P03 locked.
DECLARE
  v_version pg_catalog.int4;
  v_here pg_catalog.text;
  v_until pg_catalog.timestamptz;
  v_current pg_catalog.timestamptz;
  v_issued pg_catalog.timestamptz;
  v_max_ttl pg_catalog.int4;
  v_oid pg_catalog.oid;
  v_comment pg_catalog.text;
  v_group_name pg_catalog.text;
  v_entry pg_catalog.text;
  v_connections pg_catalog.int4;
  v_max_live pg_catalog.int4;
  v_owner pg_catalog.text;
  v_ours_waits pg_catalog.bool;
  v_sweeps pg_catalog.bool;
BEGIN
@include prologue@
  IF username IS NULL OR expiration IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
@include name@
@include waiting@
  SELECT r.oid, coalesce(r.rolvaliduntil, 'infinity'), d.description INTO v_oid, v_current, v_comment
    FROM pg_roles AS r LEFT JOIN pg_shdescription AS d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
   WHERE r.rolname = username::name AND r.rolcanlogin;
  IF NOT FOUND OR v_comment IS NULL OR NOT starts_with(v_comment, v_here) THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: there is no such live lease in database %I', username, current_database());
  END IF;
  BEGIN
    v_group_name := v_comment::json ->> 'group';
    v_issued := (v_comment::json ->> 'issued')::timestamptz;
  EXCEPTION WHEN OTHERS THEN
    v_group_name := NULL;
  END;
@include registration@
  IF v_max_ttl IS NULL OR v_issued IS NULL OR NOT EXISTS (
    SELECT FROM pg_roles AS r JOIN pg_auth_members AS m ON m.roleid = r.oid AND m.member = v_oid
     WHERE r.rolname = v_group_name::name) THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: its group is not registered any more, or it has left the group', username);
  END IF;
@include expiration@
  IF v_until > v_issued + make_interval(secs => v_max_ttl + 60) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: it was issued at %s and may not be renewed beyond %s s after that', username, v_issued, v_max_ttl);
  END IF;
  IF v_until > v_current THEN
    BEGIN
      EXECUTE format('ALTER ROLE %I VALID UNTIL %L', username, v_until);
    EXCEPTION WHEN lock_not_available OR undefined_object OR internal_error THEN
      RAISE EXCEPTION USING ERRCODE = '55P03', MESSAGE = format('lease %I: another session changes it. Try again.', username);
    END;
  END IF;
@include tidy@
END
