-- lease.revoke(username): phase two of a revocation. Waits until the sessions are gone, then drops the role.
--
-- Correct alone, too: it does the work of lease.close if that was not done. A role that is not there is no error. What
-- the lease owned goes to the estate role. A drop that cannot succeed leaves a tombstone: a role that cannot log in and
-- is a member of nothing; the call then warns (01000) and ends well, else Vault would try for ever.
-- So does one with more than 50 dependent objects (a migration's: 1000), with large objects of more than 1 MB in all, or
-- with one that is locked for more than 100 ms: Vault makes every other login wait meanwhile. A sweep takes up to 5000 of any
-- size.
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
  v_clean pg_catalog.timestamptz;
  v_starting pg_catalog.int4[];
  v_pause pg_catalog.float8;
  v_membership pg_catalog.record;
  v_target pg_catalog.text;
  v_group_name pg_catalog.text;
  v_entry pg_catalog.text;
  v_max_ttl pg_catalog.int4;
  v_connections pg_catalog.int4;
  v_max_live pg_catalog.int4;
  v_owner pg_catalog.text;
  v_owned pg_catalog.int8;
  v_depends pg_catalog.int8;
  v_limit pg_catalog.int8;
  v_failed pg_catalog.bool;
  v_with pg_catalog.text;
  v_join pg_catalog.text;
  v_joined pg_catalog.text[];
BEGIN
@include prologue@
  IF username IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
@include name@
@include waiting@
@include shut@
  -- A session that passed the login check just before it was withdrawn is not seen among the sessions yet, but it is in
  -- the transaction that it starts in, and so holds the lock on its virtual transaction. The locks are read first: who
  -- has left them is seen there. Nobody is waited for who only does not send a password: 100 ms, no more.
  v_deadline := clock_timestamp() + make_interval(secs => 2);
  v_pause := 0.001;
  LOOP
    v_starting := ARRAY(SELECT DISTINCT l.pid FROM pg_lock_status() AS l WHERE l.locktype = 'virtualxid');
    -- It is one picture per transaction unless cleared.
    PERFORM pg_stat_clear_snapshot();
    SELECT count(pg_terminate_backend(pg_stat_get_backend_pid(b.id))) INTO v_sessions FROM pg_stat_get_backend_idset() AS b(id)
      WHERE pg_stat_get_backend_userid(b.id) = v_oid AND pg_stat_get_backend_pid(b.id) <> pg_backend_pid();
    IF v_sessions > 0 THEN
      v_clean := NULL;
      IF clock_timestamp() > v_deadline THEN
        RAISE EXCEPTION USING ERRCODE = '55006',
          MESSAGE = format('lease %I: %s of its sessions have not ended. Try again.', username, v_sessions);
      END IF;
    ELSE
      v_clean := coalesce(v_clean, clock_timestamp());
      EXIT WHEN clock_timestamp() - v_clean >= make_interval(secs => 0.1) OR NOT EXISTS (
        SELECT FROM unnest(v_starting) AS s(pid)
         WHERE NOT EXISTS (
           -- From 18 on a session that starts has a row, still without its user and database.
           SELECT FROM pg_stat_get_backend_idset() AS b(id)
            WHERE pg_stat_get_backend_pid(b.id) = s.pid AND (v_version < 180000
              OR pg_stat_get_backend_userid(b.id) <> 0::oid OR pg_stat_get_backend_dbid(b.id) <> 0::oid)));
    END IF;
    PERFORM pg_sleep(v_pause);
    v_pause := least(v_pause * 2, 0.02);
  END LOOP;
  v_name := username;
  v_limit := 50;
  PERFORM set_config('lock_timeout', '100ms', true);
@include drop@
END
