-- lease.close(username): phase one of a revocation. The role cannot log in any more, and its sessions are told to end.
--
-- Vault commits after this and then calls lease.revoke, so that a drop that fails cannot bring the login back. The
-- membership stays until then, so that lease.live still tells whose it was. A role that is not there is no error.
-- Refused: 22004, 42622, 42501 not a lease of this database, 55006 a prepared transaction holds it, 55P03 locked.
DECLARE
  v_version pg_catalog.int4;
  v_here pg_catalog.text;
  v_oid pg_catalog.oid;
  v_can_login pg_catalog.bool;
  v_comment pg_catalog.text;
  v_deadline pg_catalog.timestamptz;
  v_gid pg_catalog.text;
BEGIN
@include prologue@
  IF username IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'lease: no argument may be NULL';
  END IF;
@include name@
@include waiting@
@include shut@
END
