  -- Last, so that every lock it takes comes after the group's. What it cannot do must not stop this lease.
  BEGIN
    PERFORM lease.sweep('3');
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: sweeping failed (%s: %s)', SQLSTATE, SQLERRM);
  END;
