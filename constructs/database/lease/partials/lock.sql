  -- One by one: else two Vaults at once exceed a group's cap, or meet at a keeper. COMMENT takes a lock that conflicts
  -- with itself, on an object that a lease cannot even name; an advisory lock any lease could take. A comment on the
  -- group would do, but from 16 on it walks all that the definer is a member of, see keepers.sql.
  COMMENT ON FUNCTION lease.issue(text, text, text, text) IS 'Makes the login role of one lease; only Vault calls it.';
