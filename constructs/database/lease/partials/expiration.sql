  IF expiration COLLATE "C" !~
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration must be a date and time with an explicit offset', username);
  END IF;
  BEGIN
    v_until := expiration::timestamptz;
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('lease %I: the expiration is not a valid date and time', username);
  END;
  IF NOT isfinite(v_until) OR v_until <= clock_timestamp() THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration %s is not after now, %s. Do the clocks of Vault and of this server differ?',
        username, v_until, clock_timestamp());
  END IF;
  -- Refused and not shortened: the app would believe the later end that Vault tells it, and fail without a reason.
  IF v_until > clock_timestamp() + make_interval(secs => v_max_ttl + 60) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('lease %I: the expiration %s is more than %s s ahead. Apply the program, which sets the times of the role '
        || 'in Vault. Do the clocks of Vault and of this server differ?', username, v_until, v_max_ttl);
  END IF;
