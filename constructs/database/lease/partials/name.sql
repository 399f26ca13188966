  IF octet_length(username) > 63 OR NOT starts_with(username, @prefix@)
    OR substr(username, @prefix_length@ + 1) COLLATE "C" !~ '^[A-Za-z0-9_.-]+$' THEN
    -- CREATE ROLE would cut a longer name, and no later call would find the role again.
    RAISE EXCEPTION USING ERRCODE = '42622',
      MESSAGE = format('lease: %I is not the name of a lease: %s, then letters, digits, "_", "." or "-", 63 bytes at most. Apply the '
        || 'program, which sets username_template of the connection in Vault.', left(username, 80), @prefix@);
  END IF;
