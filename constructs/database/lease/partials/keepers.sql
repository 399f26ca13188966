  -- Who makes the role. From 16 on whoever is no superuser becomes a member of each role that it makes, for good, and
  -- every CREATE, GRANT and COMMENT of roles walks all that its user is a member of, at any depth: with 10,000 leases
  -- of one definer each takes 100 ms. So the definer makes the first ones, and then keepers do: roles that cannot log
  -- in, of at most @kept@ leases each, whose one function runs what the definer says as the keeper. The walk is then
  -- as short as the keeper's list, and the definer, who is a member of all of them, makes nothing. Memberships in
  -- groups are given by the granter, who is a member of the groups and of no lease. lease.revoke and lease.sweep drop
  -- those that keep nothing any more. Only the newest one is given leases: the lists of the others get shorter.
  -- Whose a function is counts, not how a role is called: another admin may make roles of any name.
  v_by := '%s';
  v_grant_by := '%s';
  IF v_version >= 160000 AND (
    EXISTS (SELECT FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname LIKE 'keeper.%')
    -- Keepers of another database count, too, and so do ours whose functions went with a schema that was dropped.
    OR (SELECT count(*) >= @kept@ OR bool_or(starts_with(k.rolname::text, 'leasehold.keeper.'))
          FROM pg_auth_members AS m JOIN pg_roles AS k ON k.oid = m.roleid
         WHERE m.member = (SELECT u.oid FROM pg_roles AS u WHERE u.rolname = current_user))) THEN
@include lock@
    v_suffix := '.' || (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
    SELECT newest.number, (SELECT count(*) FROM pg_auth_members AS m WHERE m.member = newest.id AND m.admin_option)
      INTO v_keeper, v_kept
      FROM (
        SELECT substr(p.proname::text, 8)::int8 AS number, p.proowner AS id
          FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname LIKE 'keeper.%'
         ORDER BY 1 DESC LIMIT 1) AS newest;
    v_makes := '{}';
    IF v_keeper IS NULL THEN
      v_keeper := 0;
      -- Those of this database that lost their functions, and that nobody but the definer has a hand in.
      v_makes := ARRAY(
        SELECT r.rolname::text FROM pg_roles AS r
         WHERE r.rolname LIKE 'leasehold.%'
           AND r.rolname::text ~ format('^leasehold[.](granter|keeper[.][0-9]+)[.]%s([.][0-9]+)?$', substr(v_suffix, 2))
           AND r.rolcreaterole AND NOT (r.rolcanlogin OR r.rolsuper OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
           AND NOT EXISTS (
             SELECT FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proowner = r.oid)
           AND (SELECT bool_and(m.admin_option AND u.rolname = current_user)
                  FROM pg_auth_members AS m JOIN pg_roles AS u ON u.oid = m.member WHERE m.roleid = r.oid)
         ORDER BY 1);
    END IF;
    IF v_kept >= @kept@ OR v_keeper = 0 AND NOT EXISTS (
      SELECT FROM unnest(v_makes) AS m(role) WHERE m.role LIKE 'leasehold.keeper.%') THEN
      v_makes := v_makes || 'leasehold.keeper'::text;
    END IF;
    IF NOT EXISTS (SELECT FROM unnest(v_makes) AS m(role) WHERE m.role LIKE 'leasehold.granter.%') AND NOT EXISTS (
      SELECT FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname = 'granter') THEN
      v_makes := 'leasehold.granter'::text || v_makes;
    END IF;
    FOREACH v_role IN ARRAY v_makes LOOP
      IF v_role LIKE 'leasehold.granter%' THEN
        v_make := 'granter';
        -- One is enough: a second one that could be adopted keeps the roles that it has.
        CONTINUE WHEN EXISTS (
          SELECT FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname = 'granter');
      ELSE
        v_keeper := v_keeper + 1;
        v_make := 'keeper.' || v_keeper;
      END IF;
      IF v_role IN ('leasehold.granter', 'leasehold.keeper') THEN
        v_role := 'leasehold.' || v_make || v_suffix;
        v_taken := 1;
        WHILE EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = v_role::name) LOOP
          v_taken := v_taken + 1;
          v_role := 'leasehold.' || v_make || v_suffix || '.' || v_taken;
        END LOOP;
        EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', v_role);
      END IF;
      EXECUTE format('COMMENT ON ROLE %I IS %L', v_role,
        'Makes leases of database ' || current_database() || ' for lease.issue, and is dropped with the last of them.');
      EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', v_role, current_user);
      EXECUTE format('GRANT CREATE ON SCHEMA lease TO %I', v_role);
      -- The provider reads the words that begin the parts of a function wherever they stand, hence the two put in.
      EXECUTE format('CREATE FUNCTION lease.%I(statement text) %s void %s plpgsql SECURITY DEFINER '
        || 'SET search_path = pg_catalog, pg_temp AS %L', v_make, 'RETURNS', 'LANGUAGE', @keeper_body@);
      -- Not from PUBLIC alone: the definer's default privileges may name others.
      FOR v_grantee IN
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS name
          FROM pg_proc AS p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
         WHERE p.pronamespace = 'lease'::regnamespace AND p.proname = v_make::name AND a.grantee <> p.proowner
      LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION lease.%I(text) FROM %s', v_make, v_grantee.name);
      END LOOP;
      EXECUTE format('ALTER FUNCTION lease.%I(text) OWNER TO %I', v_make, v_role);
      EXECUTE format('GRANT EXECUTE ON FUNCTION lease.%I(text) TO %I', v_make, current_user);
      EXECUTE format('REVOKE CREATE ON SCHEMA lease FROM %I', v_role);
      EXECUTE format('REVOKE %I FROM %I', v_role, current_user);
    END LOOP;
    v_by := format('SELECT lease.%I(%%L)', 'keeper.' || v_keeper);
    v_grant_by := 'SELECT lease.granter(%L)';
    IF NOT EXISTS (
      SELECT FROM pg_auth_members AS m JOIN pg_proc AS p ON p.proowner = m.member
       WHERE m.roleid = v_group AND m.admin_option
         AND p.pronamespace = 'lease'::regnamespace AND p.proname = 'granter') THEN
      EXECUTE format('GRANT %I TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', group_name,
        (SELECT r.rolname FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner
          WHERE p.pronamespace = 'lease'::regnamespace AND p.proname = 'granter'));
    END IF;
  END IF;
