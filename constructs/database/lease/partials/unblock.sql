  -- PostgreSQL lets anyone lock what is everybody's; docs/security.md lists what. A lease that waits for a strong lock which it
  -- has no right to makes everybody wait behind it, and one that holds what others wait for makes them wait, too: both are ended
  -- after 100 ms. Read is as little as can be, since any catalog may be what is locked: hence numbers for pg_authid and
  -- pg_database, and no view. What a migration locks is left alone: it changes the schema.
  PERFORM set_config('lock_timeout', '50ms', true);
  IF EXISTS (
    SELECT FROM pg_lock_status() AS l WHERE NOT l.granted AND l.waitstart < clock_timestamp() - make_interval(secs => 0.1)) THEN
    BEGIN
      FOR v_session IN
        WITH waiting AS MATERIALIZED (
          SELECT l.pid, l.locktype, l.database, l.relation, l.mode,
                 l.database = 0 AND l.classid IS DISTINCT FROM 1260::oid AS server,
                 l.locktype = 'object' AND l.database = 0 OR l.locktype IN ('relation', 'tuple') AND l.relation < 16384::oid
                   OR l.locktype = 'transactionid' AND EXISTS (
                     SELECT FROM pg_lock_status() AS t WHERE t.pid = l.pid AND t.locktype = 'tuple' AND t.relation < 16384::oid)
                   AS common
            FROM pg_lock_status() AS l
           WHERE NOT l.granted AND l.waitstart < clock_timestamp() - make_interval(secs => 0.1)),
        stopping AS (
          SELECT w.pid, w.server, CASE WHEN NOT w.common THEN w.relation END AS relation, w.database
            FROM waiting AS w
           WHERE w.locktype IN ('object', 'relation')
             AND w.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
          UNION
          SELECT b.pid, w.server, NULL, NULL FROM waiting AS w, unnest(pg_blocking_pids(w.pid)) AS b(pid) WHERE w.common)
        SELECT DISTINCT s.pid, d.description AS comment
          FROM stopping AS s JOIN pg_stat_get_activity(NULL) AS a ON a.pid = s.pid
            JOIN pg_shdescription AS d ON d.objoid = a.usesysid AND d.classoid = 1260::oid
         WHERE starts_with(d.description, CASE WHEN s.server THEN '{"lease":1,' ELSE v_here END)
           AND (s.relation IS NULL OR s.database = a.datid AND NOT has_table_privilege(a.usesysid, s.relation,
             'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER' || CASE WHEN v_version >= 170000 THEN ', MAINTAIN' ELSE '' END))
      LOOP
        v_owner := NULL;
        IF starts_with(v_session.comment, v_here) THEN
          v_group_name := v_session.comment::json ->> 'group';
@include registration@
        END IF;
        IF v_owner IS NULL THEN
          PERFORM pg_terminate_backend(v_session.pid);
        END IF;
      END LOOP;
    EXCEPTION WHEN lock_not_available THEN
      -- What tells who is a lease is itself locked: then whoever waits for a strong lock on a catalog goes. A superuser cannot be
      -- ended so.
      FOR v_session IN
        SELECT l.pid FROM pg_lock_status() AS l
         WHERE NOT l.granted AND l.waitstart < clock_timestamp() - make_interval(secs => 0.1) AND l.locktype = 'relation'
           AND l.relation < 16384::oid AND l.mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      LOOP
        BEGIN
          PERFORM pg_terminate_backend(v_session.pid);
        EXCEPTION WHEN OTHERS THEN
          RAISE WARNING USING ERRCODE = '01000', MESSAGE = format('lease: session %s could not be ended (%s)', v_session.pid, SQLSTATE);
        END;
      END LOOP;
    END;
  END IF;
