  SELECT r.oid, r.rolcanlogin OR r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
    INTO v_group, v_power FROM pg_roles AS r WHERE r.rolname = group_name::name;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = format('lease %I: there is no role %I. Apply the program, which makes it.', username, group_name);
  END IF;
  IF v_power THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: the group %I can log in or has attributes of power. A superuser ends that: ALTER ROLE %I '
        || 'NOLOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS;', username, group_name, group_name);
  END IF;
  -- Up from the group, one by one: every role of the server may be read otherwise. Plain is what does not come by the role that
  -- the program lets the group act as.
  v_held := ARRAY[v_group];
  v_plain := v_held;
  IF EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = v_group) THEN
    WITH RECURSIVE held(id, declared) AS (
      SELECT v_group, false
      UNION
      SELECT m.roleid, h.declared OR coalesce(m.roleid = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = v_owner::name), false)
        FROM held AS h, LATERAL (SELECT m.roleid FROM pg_auth_members AS m WHERE m.member = h.id OFFSET 0) AS m)
    SELECT array_agg(h.id), array_agg(h.id) FILTER (WHERE NOT h.declared) INTO v_held, v_plain FROM held AS h;
  END IF;
  -- Before 16 a lease can SET ROLE, and so leave large objects to each of them, which run nothing by themselves.
  SELECT d.refobjid AS id, coalesce((SELECT b.datname FROM pg_database AS b WHERE b.oid = d.dbid), current_database()) AS place
    INTO v_owns FROM unnest(v_plain) AS p(id),
      LATERAL (SELECT d.refobjid, d.dbid FROM pg_shdepend AS d
                WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = p.id AND d.deptype = 'o'
                  AND (v_version >= 160000 OR d.classid <> 'pg_largeobject'::regclass) OFFSET 0) AS d
   LIMIT 1;
  IF v_owns.id = v_group THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: the group %I owns something in database %I. See who may create there. A superuser then runs, '
        || 'in that database: REASSIGN OWNED BY %I TO %I;', username, group_name, v_owns.place, group_name, @estate@);
  END IF;
  IF cardinality(v_held) > 1 THEN
    SELECT r.rolname, m.member, m.grantor INTO v_found
      FROM unnest(v_held) AS h(id),
        LATERAL (SELECT r.oid, r.rolname, r.rolsuper OR r.rolcreaterole OR r.rolreplication AS power FROM pg_roles AS r
                  WHERE r.oid = h.id OFFSET 0) AS r,
        LATERAL (SELECT pg_get_userbyid(m.member) AS member, pg_get_userbyid(m.grantor) AS grantor FROM pg_auth_members AS m
                  WHERE m.roleid = r.oid AND m.member = ANY (v_held) OFFSET 0) AS m
     WHERE r.power OR r.oid = v_owns.id
     LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = format('lease %I: the role %I, of which the group %I is a member, %s. A superuser ends that: REVOKE %I FROM %I%s;',
          username, v_found.rolname, group_name,
          CASE WHEN v_owns.id IS NULL THEN 'has attributes of power' ELSE format('owns something in database %I', v_owns.place) END,
          v_found.rolname, v_found.member,
          CASE WHEN v_version >= 160000 THEN format(' GRANTED BY %I', v_found.grantor) ELSE '' END);
    END IF;
  END IF;
  IF v_owner IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_roles AS r WHERE r.rolname = v_owner::name AND NOT r.rolbypassrls AND r.oid = ANY (v_held)) THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: the group %I is not a member of the owner role %I, or that has BYPASSRLS. Apply the program; '
        || 'a superuser ends the latter: ALTER ROLE %I NOBYPASSRLS;', username, group_name, v_owner, v_owner);
  END IF;
  -- Who may create can give a relation to the group, without SET ROLE: autovacuum then runs what is in its indexes as the
  -- group. And what one lease plants runs as whoever looks its name up, a migration too.
  SELECT c.kind, c.named, a.grantee, pg_get_userbyid(a.grantor) AS grantor,
         CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee_name
    INTO v_found
    FROM (SELECT 'SCHEMA' AS kind, n.nspname AS named, n.nspacl AS acl FROM pg_namespace AS n
          UNION ALL SELECT 'DATABASE', b.datname, b.datacl FROM pg_database AS b WHERE b.datname = current_database()) AS c,
      aclexplode(c.acl) AS a
   WHERE a.privilege_type = 'CREATE' AND (a.grantee = 0 OR a.grantee = ANY (v_plain))
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = format('lease %I: %s may create in the %s%I%s, granted by %I. A superuser ends that: %s', username,
        CASE v_found.grantee WHEN 0 THEN 'PUBLIC' WHEN v_group THEN 'the group ' || v_found.grantee_name
          ELSE format('the role %s, of which the group %I is a member,', v_found.grantee_name, group_name) END,
        CASE v_found.kind WHEN 'SCHEMA' THEN 'schema ' ELSE 'database ' END, v_found.named,
        CASE v_found.kind WHEN 'SCHEMA' THEN format(' of database %I', current_database()) ELSE '' END,
        v_found.grantor,
        -- PostgreSQL's default before 15, which a database that was upgraded keeps. The owner role then needs a right of its own.
        CASE WHEN v_found.kind = 'SCHEMA' AND v_found.named = 'public' AND v_found.grantee = 0
          THEN 'ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC; then apply the program.'
          ELSE format('SET ROLE %I; REVOKE CREATE ON %s %I FROM %s; RESET ROLE;',
            v_found.grantor, v_found.kind, v_found.named, v_found.grantee_name) END);
  END IF;
