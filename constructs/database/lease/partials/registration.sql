  -- A group is registered by a function of its own, which the admin made: so one more workload changes none of these. It is run
  -- only if it is the definer's, in the definer's schema, and runs as nobody else. Nobody else may create in that schema.
  v_entry := 'group_' || left(encode(sha256(convert_to(v_group_name, 'UTF8')), 'hex'), 32);
  v_max_ttl := NULL;
  v_owner := NULL;
  IF EXISTS (
    SELECT FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_roles AS u ON u.oid = p.proowner
      JOIN pg_language AS l ON l.oid = p.prolang
     WHERE p.proname = v_entry::name AND n.nspname = 'lease' AND u.rolname = current_user AND n.nspowner = p.proowner
       AND p.pronargs = 0 AND p.proretset AND l.lanname = 'sql' AND NOT p.prosecdef AND p.proconfig IS NULL) THEN
    EXECUTE format('SELECT g.max_ttl, g.connections, g.max_live, g.acts_as FROM lease.%I() AS g WHERE g."group" = $1', v_entry)
      INTO v_max_ttl, v_connections, v_max_live, v_owner USING v_group_name;
  END IF;
