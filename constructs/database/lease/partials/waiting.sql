  -- Somebody waits for what is everybody's: a sweep looks whether a lease is the reason. Issues of one group wait for each other.
  IF EXISTS (
    SELECT FROM pg_lock_status() AS l
     WHERE l.locktype = 'tuple' AND l.relation < 16384::oid
       OR l.locktype IN ('object', 'relation') AND NOT l.granted
         AND l.waitstart < clock_timestamp() - make_interval(secs => 0.1)
         AND NOT (l.locktype = 'object' AND l.classid = 1260::oid AND l.mode = 'ShareUpdateExclusiveLock')) THEN
    BEGIN
      PERFORM lease.sweep('1');
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: sweeping failed (%s: %s)', SQLSTATE, SQLERRM);
    END;
    PERFORM set_config('lock_timeout', '2s', true);
  END IF;
