-- lease.issue(username, verifier, expiration, group_name): creates the login role of one lease.
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
  v_group_name pg_catalog.text;
  v_entry pg_catalog.text;
  v_group pg_catalog.oid;
  v_power pg_catalog.bool;
  v_place pg_catalog.name;
  v_state pg_catalog.text;
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
      MESSAGE = format('lease %I: the password is not a SCRAM-SHA-256 verifier of 4096 iterations or more', username),
      HINT = 'Set password_authentication = "scram-sha-256" on the connection in Vault.';
  END IF;
  v_group_name := group_name;
@include registration@
  IF v_max_ttl IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: the group %I is not registered', username, left(group_name, 80)),
      HINT = format('Apply the program. Registered is a group by the function lease.%I(), if it belongs to %I, as the schema does.',
        v_entry, current_user);
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
        group_name, @estate@);
  END IF;
@include expiration@
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
@include tidy@
END
