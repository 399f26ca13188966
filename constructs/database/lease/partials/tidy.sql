  -- Last, so that every lock it takes comes after the group's. What it cannot do must not stop this lease, nor the next
  -- ones: while another session of this login waits for a lock, perhaps for one of ours, sweeping is left to that one.
  BEGIN
    PERFORM pg_stat_clear_snapshot();
    SELECT coalesce(bool_or(l.locktype = 'object' AND session_user =
             (SELECT pg_get_userbyid(a.usesysid) FROM pg_stat_get_activity(l.pid) AS a)), false),
           coalesce(bool_or(l.waitstart < clock_timestamp() - make_interval(secs => 0.1)), false)
      INTO v_ours_waits, v_sweeps FROM pg_lock_status() AS l WHERE NOT l.granted;
    IF NOT v_ours_waits AND NOT v_sweeps THEN
      -- Usually there is nothing to end, and to see that costs less than to sweep. No view of the sessions: it would ask for the
      -- definer's memberships again.
      v_sweeps := EXISTS (
          SELECT FROM pg_stat_get_backend_idset() AS b(id)
           WHERE pg_stat_get_backend_dbid(b.id) = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
             AND pg_stat_get_backend_userid(b.id) <> 0::oid
             AND NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.oid = pg_stat_get_backend_userid(b.id)))
        OR (random() < 0.1 OR (SELECT count(*) FROM (SELECT FROM pg_roles LIMIT 1001) AS r) <= 1000) AND EXISTS (
          SELECT FROM pg_roles AS r
           WHERE r.rolvaliduntil < clock_timestamp() - make_interval(secs => 60)
             AND starts_with(shobj_description(r.oid, 'pg_authid'), v_here));
    END IF;
    IF v_sweeps AND NOT v_ours_waits THEN
      PERFORM lease.sweep('3');
    END IF;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: sweeping failed (%s: %s)', SQLSTATE, SQLERRM);
  END;
