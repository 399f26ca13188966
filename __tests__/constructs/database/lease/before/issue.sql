-- lease.issue as it was when groups were constants in its body, for the test of the upgrade.
CREATE OR REPLACE FUNCTION lease."issue"(username text, verifier text, expiration text, group_name text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $lease$-- lease.issue(username, verifier, expiration, group_name): creates the login role of one lease.
--
-- The role can log in until the expiration, holds what its group holds and nothing else, and says in its comment that
-- it is a lease. Vault calls this with {{password}} already a SCRAM verifier; no clear password comes here.
-- Refused: 22004 a NULL, 42622 the name, 22023 the verifier or the expiration, 42704 the group is not registered or
-- not there, 42501 the group is a login, has attributes of power or owns something, or PUBLIC may create in a schema, 53400
-- the group has all its leases, 42710 the name is taken, 55P03 the group is locked.
DECLARE
  v_version pg_catalog.int4;
  v_here pg_catalog.text;
  v_marker pg_catalog.text;
  v_until pg_catalog.timestamptz;
  v_max_ttl pg_catalog.int4;
  v_connections pg_catalog.int4;
  v_max_live pg_catalog.int4;
  v_live pg_catalog.int8;
  v_owner pg_catalog.text;
  v_group pg_catalog.oid;
  v_power pg_catalog.bool;
  v_place pg_catalog.name;
  v_state pg_catalog.text;
BEGIN
  -- The caller's settings end here. Nothing above this line may look a name up: types in DECLARE are resolved when the
  -- function is compiled, under the caller's search_path, hence their pg_catalog; initial values would be too.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true);
  PERFORM set_config('lock_timeout', '2s', true);
  -- A Vault that is lost before its COMMIT must not hold what it locked; with no such limit the server waits for TCP.
  PERFORM set_config('idle_in_transaction_session_timeout', '10s', true)
    WHERE current_setting('idle_in_transaction_session_timeout') = '0';
  v_version := current_setting('server_version_num')::int4;
  IF v_version >= 160000 THEN
    -- Else the caller could make the definer a full member of every role that it creates.
    PERFORM set_config('createrole_self_grant', '', true);
  END IF;
  IF pg_is_in_recovery() OR current_setting('transaction_read_only') <> 'off' THEN
    RAISE EXCEPTION USING ERRCODE = '25006', MESSAGE = 'lease: this session is read-only, is the server a standby?',
      HINT = 'Connect with target_session_attrs=read-write.';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    -- Counting and waiting need a new snapshot in each statement.
    RAISE EXCEPTION USING ERRCODE = '25001', MESSAGE = 'lease: the isolation level must be READ COMMITTED';
  END IF;
  IF session_user NOT IN ('vault') THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('lease: %I may not call this function', session_user);
  END IF;
  v_here := '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":';
  IF username IS NULL OR verifier IS NULL OR expiration IS NULL OR group_name IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
  IF octet_length(username) > 63 OR NOT starts_with(username, 'v-')
    OR substr(username, 2 + 1) COLLATE "C" !~ '^[A-Za-z0-9_.-]+$' THEN
    -- CREATE ROLE would cut a longer name, and no later call would find the role again.
    RAISE EXCEPTION USING ERRCODE = '42622',
      MESSAGE = format('lease: %I is no lease name', left(username, 80)),
      HINT = 'A lease name is the prefix and letters, digits, "_", "." or "-", 63 bytes in all.';
  END IF;
  -- CASE, so that no part of what is not a verifier is cast and quoted in an error.
  IF NOT (CASE WHEN octet_length(verifier) <= 512 AND verifier COLLATE "C" ~ (
      '^SCRAM-SHA-256[$][1-9][0-9]{3,6}:([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)'
      || '[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$')
    THEN split_part(substr(verifier, 15), ':', 1)::int4 >= 4096 ELSE false END) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the password is not a SCRAM-SHA-256 verifier of 4096 iterations or more', username),
      HINT = 'Set password_authentication = "scram-sha-256" on the connection in Vault.';
  END IF;
  SELECT g.max_ttl, g.connections, g.max_live, g.owner INTO v_max_ttl, v_connections, v_max_live, v_owner
    FROM (VALUES
      ('migrator'::text, 3600::int4, 5::int4, 50::int4, 'app_owner'::text),
      ('reports'::text, 3600::int4, 5::int4, 50::int4, NULL::text),
      ('small'::text, 3600::int4, 5::int4, 50::int4, NULL::text),
      ('web'::text, 3600::int4, 5::int4, 50::int4, NULL::text)
    ) AS g(name, max_ttl, connections, max_live, owner)
   WHERE g.name = group_name;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: the group %I is not registered', username, left(group_name, 80));
  END IF;
  SELECT r.oid, r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
    INTO v_group, v_power FROM pg_roles AS r WHERE r.rolname = group_name::name;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42704', MESSAGE = format('lease %I: there is no role %I', username, group_name);
  END IF;
  IF v_power OR EXISTS (
    -- Up from the group, one by one: every role of the server may be read otherwise.
    WITH RECURSIVE held(id) AS (
      SELECT v_group UNION SELECT m.roleid FROM pg_auth_members AS m JOIN held AS h ON m.member = h.id)
    SELECT FROM held AS h,
      LATERAL (SELECT r.rolsuper OR r.rolcreaterole OR r.rolreplication AS power FROM pg_roles AS r
                WHERE r.oid = h.id OFFSET 0) AS r
     WHERE r.power) THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: the group %I can log in or has attributes of power', username, group_name);
  END IF;
  IF v_owner IS NOT NULL THEN
    IF NOT EXISTS (
      SELECT FROM pg_roles AS r
       WHERE r.rolname = v_owner::name AND NOT r.rolbypassrls AND pg_has_role(v_group, r.oid, 'MEMBER')) THEN
      RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = format('lease %I: the group %I is not a member of the owner role %I', username, group_name, v_owner);
    END IF;
  END IF;
  SELECT n.nspname INTO v_place FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
   WHERE a.grantee = 0 AND a.privilege_type = 'CREATE' LIMIT 1;
  IF FOUND THEN
    -- PostgreSQL's default for public before 15, and a database that was upgraded keeps it: what one lease plants there runs
    -- as whoever looks the name up, a migration too, and what it leaves to its group runs when the lease is gone.
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: PUBLIC may create in the schema %I of database %I', username, v_place, current_database()),
      HINT = CASE WHEN v_place = 'public' THEN 'A superuser ends that: ALTER SCHEMA public OWNER TO pg_database_owner; '
          || 'REVOKE CREATE ON SCHEMA public FROM PUBLIC; the next apply then grants what the owner role needs.'
        ELSE format('Its owner or a superuser ends that: REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', v_place) END;
  END IF;
  -- A lease that may create can give a relation to its group, without SET ROLE: autovacuum then runs what is in its indexes
  -- as the group. Before 16 a lease can leave it other things, too, which run nothing by themselves.
  SELECT coalesce((SELECT b.datname FROM pg_database AS b WHERE b.oid = d.dbid), current_database()) INTO v_place
    FROM pg_shdepend AS d
   WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = v_group AND d.deptype = 'o'
     AND (v_version >= 160000 OR d.classid = 'pg_class'::regclass)
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: the group %I owns something in database %I', username, group_name, v_place),
      HINT = format('See who may create there. A superuser then runs, in that database: REASSIGN OWNED BY %I TO %I;',
        group_name, 'leasehold_estate');
  END IF;
  IF expiration COLLATE "C" !~
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration must be a date and time with an explicit offset', username);
  END IF;
  BEGIN
    v_until := expiration::timestamptz;
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('lease %I: the expiration is no valid time', username);
  END;
  IF NOT isfinite(v_until) OR v_until <= clock_timestamp() THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration %s is not after now, %s', username, v_until, clock_timestamp()),
      HINT = 'Do the clocks of Vault and of this server differ?';
  END IF;
  -- Refused, not cut: an app whose login ends earlier than its lease says fails later, and in silence.
  IF v_until > clock_timestamp() + make_interval(secs => v_max_ttl + 60) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration %s is more than %s s ahead', username, v_until, v_max_ttl);
  END IF;
  -- Issuing for one group goes one by one, else two Vaults at once exceed the cap. COMMENT takes a lock on the role
  -- that conflicts with itself and that a lease cannot hold; an advisory lock any lease could take.
  EXECUTE format('COMMENT ON ROLE %I IS %L', group_name, shobj_description(v_group, 'pg_authid'));
  v_marker := v_here || to_json(group_name)::text || ',"issued":';
  -- No more leases are live than the group has members. Only a group that may be full is counted one by one.
  v_live := (SELECT count(*) FROM pg_auth_members AS m WHERE m.roleid = v_group);
  IF v_live >= v_max_live THEN
    -- From the group to its members, one by one (hence OFFSET 0): joined freely, the comment of every role of the server
    -- may be read, and the leases of others make this one slow.
    SELECT count(*) INTO v_live
      FROM (SELECT DISTINCT m.member FROM pg_auth_members AS m WHERE m.roleid = v_group) AS m,
        LATERAL (
          SELECT FROM pg_roles AS r
           WHERE r.oid = m.member AND r.rolcanlogin AND coalesce(r.rolvaliduntil, 'infinity') > clock_timestamp()
          OFFSET 0) AS r
     WHERE starts_with(shobj_description(m.member, 'pg_authid'), v_marker);
  END IF;
  IF v_live >= v_max_live THEN
    RAISE EXCEPTION USING ERRCODE = '53400',
      MESSAGE = format('lease %I: the group %I has %s live leases of %s', username, group_name, v_live, v_max_live);
  END IF;
  BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN INHERIT CONNECTION LIMIT %s PASSWORD %L VALID UNTIL %L',
      username, v_connections, verifier, v_until);
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
      RAISE EXCEPTION USING ERRCODE = '42710', MESSAGE = format('lease %I: the name is taken', username);
    WHEN query_canceled OR OTHERS THEN
      -- Raised anew: the original carries the statement, and so the verifier, into the server's log.
      v_state := SQLSTATE;
      RAISE EXCEPTION USING ERRCODE = v_state,
        MESSAGE = format('lease %I: CREATE ROLE failed with %s', username, v_state);
  END;
  IF v_version >= 160000 THEN
    -- SET FALSE: after SET ROLE a session would keep the group's rights when the lease is gone. A trusted migrator needs
    -- SET for the owner role; it must ask for it itself (options=-c role=...), because ALTER ROLE ... SET role is the
    -- one setting that PostgreSQL refuses inside a SECURITY DEFINER function.
    EXECUTE format('GRANT %I TO %I WITH ADMIN FALSE, INHERIT TRUE, SET %s', group_name, username,
      CASE WHEN v_owner IS NULL THEN 'FALSE' ELSE 'TRUE' END);
  ELSE
    EXECUTE format('GRANT %I TO %I', group_name, username);
  END IF;
  EXECUTE format('COMMENT ON ROLE %I IS %L', username, v_marker ||
    to_json(to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text || '}');
  -- Last, so that every lock it takes comes after the group's. What it cannot do must not stop this lease, nor the next
  -- ones: while another session of this login waits for a lock, perhaps for one of ours, sweeping is left to that one.
  BEGIN
    PERFORM pg_stat_clear_snapshot();
    IF NOT EXISTS (
      SELECT FROM pg_lock_status() AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
       WHERE NOT l.granted AND l.locktype = 'object' AND a.usename = session_user) THEN
      PERFORM lease.sweep('3');
    END IF;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: sweeping failed (%s: %s)', SQLSTATE, SQLERRM);
  END;
END
$lease$;
