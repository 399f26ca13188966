-- lease.revoke(username): phase two of a revocation. Waits until the sessions are gone, then drops the role.
--
-- Correct alone, too: it does the work of lease.close if that was not done. A role that is not there is no error. What
-- the lease owned goes to the estate role. A drop that cannot succeed leaves a tombstone: a role that cannot log in and
-- is a member of nothing; the call then warns (01000) and ends well, else Vault would try for ever.
-- So does one with more than 1000 dependent objects: dropping them is left to a sweep, which takes up to 5000.
-- Refused: as lease.close, and 55006 when a session does not end in 2 s.
DECLARE
  v_version pg_catalog.int4;
  v_here pg_catalog.text;
  v_name pg_catalog.text;
  v_oid pg_catalog.oid;
  v_can_login pg_catalog.bool;
  v_comment pg_catalog.text;
  v_deadline pg_catalog.timestamptz;
  v_gid pg_catalog.text;
  v_sessions pg_catalog.int8;
  v_clean pg_catalog.int4;
  v_membership pg_catalog.record;
  v_target pg_catalog.text;
  v_owner pg_catalog.text;
  v_owned pg_catalog.int8;
  v_depends pg_catalog.int8;
  v_limit pg_catalog.int8;
  v_with pg_catalog.text;
  v_join pg_catalog.text;
  v_joined pg_catalog.text[];
BEGIN
@include prologue@
  IF username IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
@include name@
@include shut@
  -- pg_stat_activity is one picture per transaction unless cleared. Two clean looks: a session that passed the login
  -- check just before it was withdrawn shows a moment later.
  v_clean := 0;
  v_deadline := clock_timestamp() + make_interval(secs => 2);
  LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT count(pg_terminate_backend(a.pid)) INTO v_sessions FROM pg_stat_activity AS a
      WHERE a.usesysid = v_oid AND a.pid <> pg_backend_pid();
    IF v_sessions = 0 THEN
      v_clean := v_clean + 1;
      EXIT WHEN v_clean >= 2;
      PERFORM pg_sleep(0.1);
    ELSE
      v_clean := 0;
      IF clock_timestamp() > v_deadline THEN
        RAISE EXCEPTION USING ERRCODE = '55006',
          MESSAGE = format('lease %I: %s sessions do not end', username, v_sessions);
      END IF;
      PERFORM pg_sleep(0.02);
    END IF;
  END LOOP;
  v_name := username;
  v_limit := 1000;
  PERFORM set_config('lock_timeout', '1s', true);
@include drop@
END
