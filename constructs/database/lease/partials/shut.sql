  -- No new session, and none of the old. Terminate first: a session with an open ALTER ROLE on itself would make ours
  -- wait for it. Repeated, because it may reconnect until our change is committed.
  PERFORM set_config('lock_timeout', '200ms', true);
  v_deadline := clock_timestamp() + make_interval(secs => 1.5);
  LOOP
    -- Not shobj_description, which PostgreSQL plans anew in each call.
    SELECT r.oid, r.rolcanlogin, d.description INTO v_oid, v_can_login, v_comment
      FROM pg_roles AS r LEFT JOIN pg_shdescription AS d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass
     WHERE r.rolname = username::name;
    IF NOT FOUND THEN
      RETURN;
    END IF;
    IF v_comment IS NULL OR NOT starts_with(v_comment, v_here) THEN
      RAISE EXCEPTION USING ERRCODE = '42501',
        MESSAGE = format('lease: %I is not a lease of database %I', username, current_database());
    END IF;
    PERFORM pg_stat_clear_snapshot();
    -- Not the view pg_stat_activity: it reads three catalogs, and asks for each session whether the definer is a member of its role.
    PERFORM pg_terminate_backend(pg_stat_get_backend_pid(b.id)) FROM pg_stat_get_backend_idset() AS b(id)
      WHERE pg_stat_get_backend_userid(b.id) = v_oid AND pg_stat_get_backend_pid(b.id) <> pg_backend_pid();
    EXIT WHEN NOT v_can_login;
    BEGIN
      EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL VALID UNTIL ''-infinity'' CONNECTION LIMIT 0', username);
      EXIT;
    EXCEPTION WHEN lock_not_available OR deadlock_detected OR undefined_object OR internal_error THEN
      -- internal_error: "tuple concurrently updated", someone else was first.
      IF clock_timestamp() > v_deadline THEN
        SELECT p.gid INTO v_gid FROM pg_prepared_xacts AS p WHERE p.owner = username::name LIMIT 1;
        IF FOUND THEN
          RAISE EXCEPTION USING ERRCODE = '55006',
            MESSAGE = format('lease %I: its prepared transaction holds it. A superuser ends that: ROLLBACK PREPARED %L; and keeps '
              || 'max_prepared_transactions at 0.', username, v_gid);
        END IF;
        RAISE EXCEPTION USING ERRCODE = '55P03',
          MESSAGE = format('lease %I: another session holds a lock on it. Try again.', username);
      END IF;
    END;
    PERFORM pg_sleep(0.02);
  END LOOP;
