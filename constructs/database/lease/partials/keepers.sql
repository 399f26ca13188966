  -- Who makes the role. From 16 on whoever is no superuser becomes a member of each role that it makes, for good, and
  -- every CREATE, GRANT and COMMENT of roles walks all that its user is a member of, at any depth: with 10,000 leases
  -- of one definer each takes 100 ms. So the definer makes the first ones, and then keepers do: roles that cannot log
  -- in, of at most @kept@ leases each, whose one function runs what the definer says as the keeper. The walk is then
  -- as short as the keeper's list, and the definer, who is a member of all of them, makes nothing. Memberships in
  -- groups are given by the granter, who is a member of the groups and of no lease. lease.revoke and lease.sweep drop
  -- those that keep nothing any more. Only the newest one is given leases: the lists of the others get shorter.
  v_by := '%s';
  v_grant_by := '%s';
  IF v_version >= 160000 THEN
@include lock@
    v_makes := '{}';
    v_suffix := '.' || (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
    SELECT newest.number, (SELECT count(*) FROM pg_auth_members AS m WHERE m.member = newest.id)
      INTO v_keeper, v_kept
      FROM (
        SELECT substr(p.proname::text, 8)::int8 AS number, p.proowner AS id
          FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname LIKE 'keeper.%'
         ORDER BY 1 DESC LIMIT 1) AS newest;
    IF NOT FOUND THEN
      -- Keepers of this database whose functions went with a schema that was dropped get them anew.
      v_makes := ARRAY(
        SELECT 'keeper.' || split_part(r.rolname::text, '.', 3) FROM pg_roles AS r
         WHERE r.rolname LIKE 'leasehold.keeper.%' AND right(r.rolname::text, length(v_suffix)) = v_suffix
         ORDER BY split_part(r.rolname::text, '.', 3)::int8);
      -- Keepers of another database count, too: the definer is a member of what they keep.
      IF cardinality(v_makes) = 0 AND EXISTS (
        SELECT FROM pg_auth_members AS m JOIN pg_roles AS u ON u.oid = m.member
         WHERE u.rolname = current_user
        HAVING count(*) >= @kept@ OR bool_or(EXISTS (
          SELECT FROM pg_roles AS k WHERE k.oid = m.roleid AND starts_with(k.rolname::text, 'leasehold.keeper.')))) THEN
        v_makes := ARRAY['keeper.1'];
      END IF;
    ELSIF v_kept >= @kept@ THEN
      v_makes := ARRAY['keeper.' || v_keeper + 1];
    END IF;
    IF cardinality(v_makes) > 0 AND NOT EXISTS (
      SELECT FROM pg_proc AS p WHERE p.pronamespace = 'lease'::regnamespace AND p.proname = 'granter') THEN
      v_makes := ARRAY['granter'] || v_makes;
    END IF;
    FOREACH v_make IN ARRAY v_makes LOOP
      v_role := 'leasehold.' || v_make || v_suffix;
      IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = v_role::name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN CREATEROLE', v_role);
      END IF;
      EXECUTE format('COMMENT ON ROLE %I IS %L', v_role,
        'Makes leases of database ' || current_database() || ' for lease.issue, and is dropped with the last of them.');
      EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', v_role, current_user);
      EXECUTE format('GRANT CREATE ON SCHEMA lease TO %I', v_role);
      -- The provider reads the words that begin the parts of a function wherever they stand, hence the two put in.
      EXECUTE format('CREATE FUNCTION lease.%I(statement text) %s void %s plpgsql SECURITY DEFINER '
        || 'SET search_path = pg_catalog, pg_temp AS %L', v_make, 'RETURNS', 'LANGUAGE', 'BEGIN EXECUTE statement; END');
      EXECUTE format('REVOKE ALL ON FUNCTION lease.%I(text) FROM PUBLIC', v_make);
      EXECUTE format('ALTER FUNCTION lease.%I(text) OWNER TO %I', v_make, v_role);
      EXECUTE format('GRANT EXECUTE ON FUNCTION lease.%I(text) TO %I', v_make, current_user);
      EXECUTE format('REVOKE CREATE ON SCHEMA lease FROM %I', v_role);
      EXECUTE format('REVOKE %I FROM %I', v_role, current_user);
      IF v_make <> 'granter' THEN
        v_keeper := substr(v_make, 8)::int8;
      END IF;
    END LOOP;
    IF v_keeper IS NOT NULL THEN
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
  END IF;
