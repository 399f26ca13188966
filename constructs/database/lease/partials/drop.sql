    -- What the lease owns goes to a role without rights, never to the definer or another role with rights: it may be a
    -- SECURITY DEFINER function. Only a group that is trusted to migrate the schema has its owner role here.
    v_target := @estate@;
    v_failed := false;
    FOR v_turn IN 1..3 LOOP
      BEGIN
        v_group_name := v_comment::json ->> 'group';
@include registration@
        IF v_owner IS NOT NULL THEN
          v_target := v_owner;
        END IF;
        SELECT count(*) FILTER (WHERE d.deptype = 'o'), count(*) INTO v_owned, v_depends
          FROM pg_shdepend AS d
         WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = v_oid;
        IF v_depends > (CASE WHEN v_limit = 50 AND v_owner IS NOT NULL THEN 1000 ELSE v_limit END) THEN
          -- REASSIGN and DROP OWNED lock and change them all in one go, while Vault holds its mutex: everybody's logins wait.
          RAISE EXCEPTION USING ERRCODE = '54000', MESSAGE = format('%s objects depend on it', v_depends);
        END IF;
        v_with := CASE WHEN v_version >= 160000 THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
        v_joined := '{}';
        IF v_depends > 0 THEN
          EXECUTE format('GRANT %I TO %I', v_name, current_user) || v_with;
          -- Needed to give objects to the target, and to take away what an earlier lease, whose objects are the estate's
          -- by now, had granted to this one. For this transaction only, where the definer is not a member anyway.
          FOREACH v_join IN ARRAY ARRAY[@estate@, v_target] LOOP
            CONTINUE WHEN pg_has_role(current_user, v_join, 'USAGE')
              AND pg_has_role(current_user, v_join, CASE WHEN v_version >= 160000 THEN 'SET' ELSE 'MEMBER' END);
            EXECUTE format('GRANT %I TO %I', v_join, current_user) || v_with;
            v_joined := v_joined || v_join;
          END LOOP;
          IF v_target = @estate@ THEN
            IF v_limit = 50 AND (
              -- 262144: for reading; 2: from the end.
              SELECT sum(lo_lseek64(lo_open(l.oid, 262144), 0, 2)) FROM pg_largeobject_metadata AS l
               WHERE l.lomowner = v_oid) > 1048576 THEN
              RAISE EXCEPTION USING ERRCODE = '54000', MESSAGE = 'its large objects have more than 1 MB';
            END IF;
            -- Anyone may make a large object; one that names another group in its ACL would keep that group from being
            -- dropped.
            PERFORM lo_unlink(l.oid) FROM pg_largeobject_metadata AS l WHERE l.lomowner = v_oid;
          END IF;
          IF v_owned > 0 THEN
            EXECUTE format('REASSIGN OWNED BY %I TO %I', v_name, v_target);
          END IF;
          EXECUTE format('DROP OWNED BY %I', v_name);
        END IF;
        EXECUTE format('DROP ROLE %I', v_name);
        FOREACH v_join IN ARRAY v_joined LOOP
          EXECUTE format('REVOKE %I FROM %I', v_join, current_user);
        END LOOP;
        EXIT;
      EXCEPTION WHEN OTHERS THEN
        -- The subtransaction took the definer's membership back.
        -- internal_error: another call changed the same role at the same time. It has ended, and may have dropped the role.
        CONTINUE WHEN SQLSTATE = 'XX000' AND v_turn < 3;
        EXIT WHEN NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = v_oid);
        -- The role stays as a tombstone that cannot log in.
        v_failed := true;
        RAISE WARNING USING ERRCODE = '01000',
          MESSAGE = format('lease %I: the login is gone, the role stays as a tombstone (%s: %s). lease.sweep tries again.',
            v_name, SQLSTATE, SQLERRM);
      END;
      EXIT WHEN v_failed;
    END LOOP;
    IF v_failed THEN
      -- What stays has no rights of its group. Before 15 a login may have given itself to others, who could still use what it
      -- owns.
      FOR v_membership IN
        SELECT g.rolname AS role, u.rolname AS member, b.rolname AS grantor
          FROM pg_auth_members AS m JOIN pg_roles AS g ON g.oid = m.roleid JOIN pg_roles AS u ON u.oid = m.member
          LEFT JOIN pg_roles AS b ON b.oid = m.grantor
         WHERE m.member = v_oid OR m.roleid = v_oid AND v_version < 150000
         -- Beside a login: DROP ROLE takes the rest away in one go.
         LIMIT CASE v_limit WHEN 0 THEN 3 END
      LOOP
        BEGIN
          IF v_version >= 160000 AND v_membership.grantor IS NOT NULL THEN
            EXECUTE format('REVOKE %I FROM %I GRANTED BY %I',
              v_membership.role, v_membership.member, v_membership.grantor);
          ELSE
            EXECUTE format('REVOKE %I FROM %I', v_membership.role, v_membership.member);
          END IF;
        EXCEPTION WHEN OTHERS THEN
          RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease %I: membership of %I in %I was not revoked (%s)',
            v_name, v_membership.member, v_membership.role, SQLSTATE);
        END;
      END LOOP;
    END IF;
