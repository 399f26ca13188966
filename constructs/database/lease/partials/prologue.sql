  -- The caller's settings end here. Nothing above this line may look a name up: types in DECLARE are resolved when the
  -- function is compiled, under the caller's search_path, hence their pg_catalog; initial values would be too.
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  v_version := current_setting('server_version_num')::int4;
  PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true), set_config('lock_timeout', '2s', true),
    -- A Vault that is lost before its COMMIT must not hold what it locked; with no such limit the server waits for TCP.
    CASE current_setting('idle_in_transaction_session_timeout') WHEN '0'
      THEN set_config('idle_in_transaction_session_timeout', '10s', true) END,
    -- Else the caller could make the definer a full member of every role that it creates.
    CASE WHEN v_version >= 160000 THEN set_config('createrole_self_grant', '', true) END;
  IF pg_is_in_recovery() OR current_setting('transaction_read_only') <> 'off' THEN
    RAISE EXCEPTION USING ERRCODE = '25006', MESSAGE = 'lease: this session is read-only. Is the server a standby? Vault must connect '
      || 'to the primary: target_session_attrs=read-write.';
  END IF;
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    -- Counting and waiting need a new snapshot in each statement.
    RAISE EXCEPTION USING ERRCODE = '25001', MESSAGE = format('lease: the isolation level must be READ COMMITTED. A superuser sets it: '
      || 'ALTER ROLE %I SET default_transaction_isolation = %L;', session_user, 'read committed');
  END IF;
  IF session_user NOT IN (@callers@) THEN
    RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = format('lease: %I may not call this function. Apply the program, '
      || 'which names the login that may.', session_user);
  END IF;
  v_here := '{"lease":1,"database":' || to_json(current_database()::text)::text || ',"group":';
