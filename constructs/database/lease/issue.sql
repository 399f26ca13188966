-- lease.issue(username, verifier, expiration, group_name): creates the login role of one lease.
--
-- The role can log in until the expiration, holds what its group holds and nothing else, and says in its comment that
-- it is a lease. Vault calls this with {{password}} already a SCRAM verifier; no clear password comes here.
-- Refused: 22004 a NULL, 42622 the name, 22023 the verifier or the expiration, 42704 the group is not registered or
-- not there, 42501 the group is a login, it or a role that it is a member of has attributes of power, owns something or may
-- create, or PUBLIC may create, 53400 the group has all its leases, 42710 the name is taken, 55P03 the group is locked.
-- The remedy stands in the message: Vault passes nothing else on to who asked.
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
  v_group_name pg_catalog.text;
  v_entry pg_catalog.text;
  v_group pg_catalog.oid;
  v_power pg_catalog.bool;
  v_held pg_catalog.oid[];
  v_plain pg_catalog.oid[];
  v_owns pg_catalog.record;
  v_found pg_catalog.record;
  v_state pg_catalog.text;
  v_ours_waits pg_catalog.bool;
  v_sweeps pg_catalog.bool;
BEGIN
@include prologue@
  IF username IS NULL OR verifier IS NULL OR expiration IS NULL OR group_name IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
@include name@
@include waiting@
  -- CASE, so that no part of what is not a verifier is cast and quoted in an error.
  IF NOT (CASE WHEN octet_length(verifier) <= 512 AND verifier COLLATE "C" ~ (
      '^SCRAM-SHA-256[$][1-9][0-9]{3,6}:([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)'
      || '[$][A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$')
    THEN split_part(substr(verifier, 15), ':', 1)::int4 >= 4096 ELSE false END) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the password is not a SCRAM-SHA-256 verifier of 4096 iterations or more. '
        || 'Set password_authentication = "scram-sha-256" on the connection in Vault.', username);
  END IF;
  v_group_name := group_name;
@include registration@
  IF v_max_ttl IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: the group %I is not registered. Apply the program: it makes the function lease.%I(), which '
        || 'must belong to %I, as the schema does.', username, left(group_name, 80), v_entry, current_user);
  END IF;
@include group@
@include expiration@
  -- First one change of memberships, then what asks whether the definer may, then the other change: from 16 on the first question
  -- after a change reads every membership of the definer anew, and it has one in each live lease.
  BEGIN
    EXECUTE format('CREATE ROLE %I LOGIN INHERIT CONNECTION LIMIT %s PASSWORD %L VALID UNTIL %L',
      username, v_connections, verifier, v_until);
  EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
      RAISE EXCEPTION USING ERRCODE = '42710', MESSAGE = format('lease %I: the name is taken. Try again.', username);
    WHEN query_canceled OR OTHERS THEN
      -- Raised anew: the original carries the statement, and so the verifier, into the server's log.
      v_state := SQLSTATE;
      RAISE EXCEPTION USING ERRCODE = v_state,
        MESSAGE = format('lease %I: CREATE ROLE failed with %s', username, v_state) || CASE v_state WHEN '42501'
          THEN format('. A superuser ends that: ALTER ROLE %I CREATEROLE;', current_user) ELSE '. Try again.' END;
  END;
  v_marker := v_here || to_json(group_name)::text || ',"issued":';
  EXECUTE format('COMMENT ON ROLE %I IS %L', username, v_marker ||
    to_json(to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text || '}');
  -- Issuing for one group goes one by one, else two Vaults at once would exceed the limit. From 16 on GRANT takes a lock on the
  -- group that conflicts with itself, before 16 COMMENT does. A lease cannot hold it; an advisory lock any lease could take.
  BEGIN
    IF v_version >= 160000 THEN
      -- SET FALSE: after SET ROLE a session would keep the group's rights when the lease is gone. A trusted migrator needs
      -- SET for the owner role; it must ask for it itself (options=-c role=...), because ALTER ROLE ... SET role is the
      -- one setting that PostgreSQL refuses inside a SECURITY DEFINER function.
      EXECUTE format('GRANT %I TO %I WITH ADMIN FALSE, INHERIT TRUE, SET %s', group_name, username,
        CASE WHEN v_owner IS NULL THEN 'FALSE' ELSE 'TRUE' END);
    ELSE
      EXECUTE format('COMMENT ON ROLE %I IS %L', group_name,
        (SELECT d.description FROM pg_shdescription AS d WHERE d.objoid = v_group AND d.classoid = 'pg_authid'::regclass));
      EXECUTE format('GRANT %I TO %I', group_name, username);
    END IF;
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = format('lease %I: %I may not give the group %I to others. A superuser ends that: ALTER ROLE %I CREATEROLE; '
          || 'GRANT %I TO %I WITH ADMIN OPTION;', username, current_user, group_name, current_user, group_name, current_user);
    WHEN lock_not_available THEN
      RAISE EXCEPTION USING ERRCODE = '55P03',
        MESSAGE = format('lease %I: the group %I is locked by another session. Try again.', username, group_name);
  END;
  -- This one is counted, too. No more leases are live than the group has members: only a group that may be too full is counted
  -- one by one.
  v_live := (SELECT count(*) FROM pg_auth_members AS m WHERE m.roleid = v_group);
  IF v_live > v_max_live THEN
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
  IF v_live > v_max_live THEN
    RAISE EXCEPTION USING ERRCODE = '53400',
      MESSAGE = format('lease %I: the group %I has %s live leases of %s. Raise maxLiveLeases, or end some: SELECT * FROM '
        || 'lease.live() lists them.', username, group_name, v_live - 1, v_max_live);
  END IF;
@include tidy@
END
