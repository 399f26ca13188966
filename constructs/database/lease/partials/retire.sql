  -- Keepers that keep nothing any more go, and the granter with the last of them; see keepers.sql. What cannot be done
  -- now is left to the next call.
  IF v_version >= 160000 THEN
    BEGIN
      PERFORM set_config('lock_timeout', '100ms', true);
      FOR v_retired IN
        SELECT p.proname AS name, p.proowner AS id FROM pg_proc AS p
         WHERE p.pronamespace = 'lease'::regnamespace AND (p.proname LIKE 'keeper.%' OR p.proname = 'granter')
           AND CASE p.proname WHEN 'granter' THEN NOT EXISTS (
             SELECT FROM pg_proc AS k WHERE k.pronamespace = p.pronamespace AND k.proname LIKE 'keeper.%'
                AND EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = k.proowner))
             ELSE NOT EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = p.proowner) END
         ORDER BY p.proname DESC
      LOOP
@include lock@
        -- Looked at again under the lock: to the first look, a lease made a moment ago was not there.
        CONTINUE WHEN CASE v_retired.name WHEN 'granter' THEN EXISTS (
          SELECT FROM pg_proc AS k WHERE k.pronamespace = 'lease'::regnamespace AND k.proname LIKE 'keeper.%')
          ELSE EXISTS (SELECT FROM pg_auth_members AS m WHERE m.member = v_retired.id) END;
        v_role_name := (SELECT r.rolname FROM pg_roles AS r WHERE r.oid = v_retired.id);
        CONTINUE WHEN v_role_name IS NULL;
        EXECUTE format('DROP FUNCTION lease.%I(text)', v_retired.name);
        EXECUTE format('DROP ROLE %I', v_role_name);
      END LOOP;
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: a keeper is left for now (%s: %s)', SQLSTATE, SQLERRM);
    END;
  END IF;
