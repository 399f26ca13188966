  -- Who makes or drops a keeper waits for the others. A COMMENT's lock conflicts with itself, and no lease can take this
  -- one: it cannot even name the function; an advisory lock any lease could take.
  COMMENT ON FUNCTION lease.issue(text, text, text, text) IS 'Makes the login role of one lease; only Vault calls it.';
