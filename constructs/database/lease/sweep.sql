-- lease.sweep(max_roles): ends what Vault did not: at most max_roles leases that are tombstones, or expired for more
-- than 60 s, every session in this database whose role is gone, and leases that make others wait for what is everybody's.
--
-- VALID UNTIL stops new logins only, so with Vault down the sessions of an expired lease live until this is called:
-- by lease.issue and lease.renew (3 roles; not while another one waits for a lock), or by an operator. It waits for no
-- lock longer than 100 ms and leaves what it cannot do for the next call. Called for 3 roles or fewer, it closes what has
-- expired, drops only what nothing depends on, and ends with the first lock that it did not get within 3 ms. Issue and renew
-- look first whether there is something to end, on a server with more than 1000 roles only one of ten for leases. So nothing
-- that one identity leaves makes issuing slow for another. Refused: 22004, 22023 max_roles is not 1 to 9999.
DECLARE
  v_version pg_catalog.int4;
  v_here pg_catalog.text;
  v_session pg_catalog.record;
  v_role pg_catalog.record;
  v_oids pg_catalog.oid[];
  v_name pg_catalog.text;
  v_oid pg_catalog.oid;
  v_comment pg_catalog.text;
  v_sessions pg_catalog.int8;
  v_membership pg_catalog.record;
  v_target pg_catalog.text;
  v_group_name pg_catalog.text;
  v_entry pg_catalog.text;
  v_max_ttl pg_catalog.int4;
  v_connections pg_catalog.int4;
  v_max_live pg_catalog.int4;
  v_owner pg_catalog.text;
  v_owned pg_catalog.int8;
  v_depends pg_catalog.int8;
  v_limit pg_catalog.int8;
  v_failed pg_catalog.bool;
  v_with pg_catalog.text;
  v_join pg_catalog.text;
  v_joined pg_catalog.text[];
BEGIN
@include prologue@
  IF max_roles IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
  IF max_roles COLLATE "C" !~ '^[1-9][0-9]{0,3}$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'lease: max_roles must be a number from 1 to 9999';
  END IF;
@include unblock@
  PERFORM set_config('lock_timeout', CASE WHEN max_roles::int4 > 3 THEN '100ms' ELSE '3ms' END, true);
  PERFORM pg_stat_clear_snapshot();
  FOR v_session IN
    SELECT a.pid, a.usesysid FROM pg_stat_activity AS a
     WHERE a.datname = current_database()
       AND a.usesysid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = a.usesysid)
  LOOP
    -- Looked at again in a statement of its own: to the first one, a role created a moment ago was not there either.
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = v_session.usesysid) THEN
      PERFORM pg_terminate_backend(v_session.pid);
    END IF;
  END LOOP;
  v_oids := ARRAY(
    SELECT r.oid FROM pg_roles AS r
     -- A tombstone's has been -infinity since it was closed.
     WHERE r.rolvaliduntil < clock_timestamp() - make_interval(secs => 60)
       AND starts_with(shobj_description(r.oid, 'pg_authid'), v_here)
       AND (max_roles::int4 > 3 OR r.rolcanlogin OR NOT EXISTS (
         SELECT FROM pg_shdepend AS d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid))
     ORDER BY r.rolcanlogin DESC, random() LIMIT max_roles::int4);
  IF cardinality(v_oids) = 0 THEN
    RETURN;
  END IF;
  PERFORM pg_terminate_backend(a.pid) FROM pg_stat_activity AS a
    WHERE a.usesysid = ANY (v_oids) AND a.pid <> pg_backend_pid();
  FOR v_role IN SELECT r.oid, r.rolname FROM pg_roles AS r WHERE r.oid = ANY (v_oids) AND r.rolcanlogin LOOP
    v_oid := v_role.oid;
    BEGIN
      EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL VALID UNTIL ''-infinity'' CONNECTION LIMIT 0', v_role.rolname);
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING USING ERRCODE = '01000',
        MESSAGE = format('lease %I: expired, but not closed (%s)', v_role.rolname, SQLSTATE);
      -- Beside a login, nothing is waited for twice.
      IF max_roles::int4 <= 3 THEN
        RETURN;
      END IF;
    END;
  END LOOP;
  -- Sessions that were ended a moment ago are let go, when an operator waits. None comes after: these leases have been
  -- closed, or past their end, for a while.
  FOR v_turn IN 1..10 LOOP
    PERFORM pg_stat_clear_snapshot();
    EXIT WHEN max_roles::int4 <= 3 OR NOT EXISTS (
      SELECT FROM pg_stat_activity AS a WHERE a.usesysid = ANY (v_oids) AND a.pid <> pg_backend_pid());
    PERFORM pg_sleep(0.01);
  END LOOP;
  FOR v_role IN
    SELECT r.oid, r.rolname, shobj_description(r.oid, 'pg_authid') AS comment
      FROM pg_roles AS r WHERE r.oid = ANY (v_oids) AND NOT r.rolcanlogin ORDER BY r.rolname
  LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT count(pg_terminate_backend(a.pid)) INTO v_sessions FROM pg_stat_activity AS a
      WHERE a.usesysid = v_role.oid AND a.pid <> pg_backend_pid();
    CONTINUE WHEN v_sessions > 0;
    v_oid := v_role.oid;
    v_name := v_role.rolname;
    v_limit := CASE WHEN max_roles::int4 > 3 THEN 5000 ELSE 0 END;
    v_comment := v_role.comment;
@include drop@
    EXIT WHEN v_failed AND v_limit = 0;
  END LOOP;
END
