  -- Last, so that every lock it takes comes after the group's. What it cannot do must not stop this lease, nor the next
  -- ones: while another session of this login waits for a lock, perhaps for one of ours, sweeping is left to that one.
  BEGIN
    PERFORM pg_stat_clear_snapshot();
    IF NOT EXISTS (
      SELECT FROM pg_lock_status() AS l, pg_stat_get_activity(l.pid) AS a
       WHERE NOT l.granted AND l.locktype = 'object' AND pg_get_userbyid(a.usesysid) = session_user) THEN
      PERFORM lease.sweep('3');
    END IF;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: sweeping failed (%s: %s)', SQLSTATE, SQLERRM);
  END;
