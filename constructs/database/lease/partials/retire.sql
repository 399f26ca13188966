  -- Keepers that keep nothing any more go, and the granter with the last of them; see keepers.sql. What cannot be done
  -- now is left to the next call. In random order, so that one that cannot go does not stand before the others.
  IF v_version >= 160000 THEN
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR v_retired IN
      SELECT p.proname AS name, p.proowner AS id FROM pg_proc AS p
       WHERE p.pronamespace = 'lease'::regnamespace AND (p.proname LIKE 'keeper.%' OR p.proname = 'granter')
       ORDER BY p.proname = 'granter', random()
    LOOP
      BEGIN
        FOR n IN 1..2 LOOP
          v_busy := CASE v_retired.name
            -- Its grants are what leases have their rights by, also those that have lost their keeper.
            WHEN 'granter' THEN EXISTS (
              SELECT FROM pg_shdepend AS d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = v_retired.id
                 AND d.classid = 'pg_auth_members'::regclass)
              OR EXISTS (SELECT FROM pg_proc AS k WHERE k.pronamespace = 'lease'::regnamespace AND k.proname LIKE 'keeper.%')
            -- Roles that it made, of which the bootstrap superuser (OID 10) made it a member, or that say they are leases.
            -- What another admin lends it counts for nothing.
            ELSE EXISTS (
              SELECT FROM pg_auth_members AS m WHERE m.member = v_retired.id AND m.admin_option
                 AND (m.grantor = 10 OR starts_with(shobj_description(m.roleid, 'pg_authid'), '{"lease":')))
          END;
          EXIT WHEN v_busy OR n = 2;
          -- Looked at again under the lock: to the first look, a lease made a moment ago was not there.
@include lock@
        END LOOP;
        CONTINUE WHEN v_busy;
        SELECT r.rolname AS name INTO v_membership FROM pg_roles AS r WHERE r.oid = v_retired.id;
        CONTINUE WHEN NOT FOUND;
        v_joins := EXISTS (SELECT FROM pg_shdepend AS d
           WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = v_retired.id AND d.deptype = 'a')
          AND NOT (pg_has_role(current_user, @estate@, 'USAGE') AND pg_has_role(current_user, @estate@, 'SET'));
        EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', v_membership.name, current_user);
        IF v_joins THEN
          EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET TRUE', @estate@, current_user);
        END IF;
        -- Its function, and whatever a lease has granted to it: anyone may name it in an ACL of his own.
        EXECUTE format('DROP OWNED BY %I', v_membership.name);
        EXECUTE format('DROP ROLE %I', v_membership.name);
        IF v_joins THEN
          EXECUTE format('REVOKE %I FROM %I', @estate@, current_user);
        END IF;
      EXCEPTION
        WHEN lock_not_available THEN
          EXIT;
        WHEN OTHERS THEN
          RAISE WARNING USING ERRCODE = '01000',
            MESSAGE = format('lease: a keeper is left for now (%s: %s)', SQLSTATE, SQLERRM);
      END;
    END LOOP;
  END IF;
