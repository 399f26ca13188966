  -- From 16 on a role may be altered and dropped by the one that made it: the definer, or a keeper; see keepers.sql.
  SELECT format('SELECT lease.%I(%%L)', p.proname) INTO v_by
    FROM pg_auth_members AS m
    JOIN pg_proc AS p ON p.proowner = m.member AND p.pronamespace = 'lease'::regnamespace AND p.proname LIKE 'keeper.%'
   WHERE m.roleid = v_oid AND m.admin_option LIMIT 1;
  v_by := coalesce(v_by, '%s');
