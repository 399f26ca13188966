/**
 * A migration that drops an object and makes it again takes the grants on it from workloads. The postgresql provider
 * reads back ordinary tables and sequences only. So of a view, a materialized view, a partitioned or foreign table and
 * a function no plan would ever show the loss; of a table or a schema only the next plan would. So the transaction of
 * each file gives the groups of this database again what they had, before it commits: no pod is refused in between.
 *
 * A dropped schema loses its default privileges, by which `allTables()` and `allSequences()` cover future objects. They
 * are given again, and with them the privileges on what the file made in the new schema.
 *
 * Nothing else is given: nothing to PUBLIC or to other roles, nothing on an object that was not made anew, nothing that
 * a file revoked.
 */

/** Notes, for the length of the transaction, what the registered groups and their schema-wide roles may do, and on which object. */
export const NOTE_GRANTS = `DO $leasehold$
BEGIN
  PERFORM pg_catalog.set_config('leasehold.grants', coalesce((
    WITH acl AS (
      SELECT c.oid, c.relnamespace AS space, c.relname AS name, NULL::text AS part, c.relkind::text AS kind, c.relacl AS acl
        FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      UNION ALL
      SELECT c.oid, c.relnamespace, c.relname, a.attname::text, c.relkind::text, a.attacl
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid WHERE NOT a.attisdropped
      UNION ALL
      SELECT p.oid, p.pronamespace, p.proname, pg_catalog.oidvectortypes(p.proargtypes), 'F', p.proacl
        FROM pg_catalog.pg_proc AS p
      UNION ALL
      SELECT t.oid, t.typnamespace, t.typname, NULL, 'T', t.typacl FROM pg_catalog.pg_type AS t
      UNION ALL
      SELECT n.oid, n.oid, n.nspname, NULL, 'N', n.nspacl FROM pg_catalog.pg_namespace AS n
      UNION ALL
      SELECT d.defaclnamespace, d.defaclnamespace, r.rolname, d.defaclobjtype::text, 'D', d.defaclacl
        FROM pg_catalog.pg_default_acl AS d JOIN pg_catalog.pg_roles AS r ON r.oid = d.defaclrole WHERE d.defaclobjtype IN ('r', 'S')),
    groups AS (
      SELECT r.oid, r.rolname FROM pg_catalog.pg_roles AS r WHERE EXISTS (
        SELECT FROM pg_catalog.pg_proc AS g JOIN pg_catalog.pg_namespace AS lease ON lease.oid = g.pronamespace
         WHERE lease.nspname = 'lease' AND g.proowner = lease.nspowner AND g.proname =
           'group_' || left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(r.rolname, 'UTF8')), 'hex'), 32))),
    given AS (
      SELECT * FROM groups
      UNION
      SELECT r.oid, r.rolname FROM groups JOIN pg_catalog.pg_auth_members AS m ON m.member = groups.oid
        JOIN pg_catalog.pg_roles AS r ON r.oid = m.roleid WHERE r.rolname LIKE 'leasehold.all\\_%')
    SELECT pg_catalog.json_agg(pg_catalog.json_build_object('was', acl.oid::text, 'schema', n.nspname, 'name', acl.name,
             'part', acl.part, 'kind', acl.kind, 'may', may.privilege_type, 'to', given.rolname)
             ORDER BY acl.kind NOT IN ('N', 'D'))
      FROM acl JOIN pg_catalog.pg_namespace AS n ON n.oid = acl.space CROSS JOIN pg_catalog.aclexplode(acl.acl) AS may
        JOIN given ON given.oid = may.grantee
  )::text, '[]'), true);
END $leasehold$`;

/** Gives it again on each object of the same name that the file made anew, if its owner is who runs this. */
export const GIVE_AGAIN = `DO $leasehold$
DECLARE
  v_held pg_catalog.json := coalesce(nullif(pg_catalog.current_setting('leasehold.grants', true), ''), '[]')::pg_catalog.json;
  v_grant pg_catalog.record;
  v_now pg_catalog.oid;
  v_text pg_catalog.text;
  v_made pg_catalog.text;
BEGIN
  FOR v_grant IN SELECT g.* FROM pg_catalog.json_to_recordset(v_held)
      AS g(was pg_catalog.text, schema pg_catalog.text, name pg_catalog.text, part pg_catalog.text, kind pg_catalog.text, may pg_catalog.text, "to" pg_catalog.text) LOOP
    v_now := NULL;
    v_text := pg_catalog.format('%I.%I', v_grant.schema, v_grant.name);
    IF v_grant.kind IN ('N', 'D') THEN
      SELECT n.oid INTO v_now FROM pg_catalog.pg_namespace AS n
       WHERE n.nspname = v_grant.schema AND n.oid::text <> v_grant.was AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')
         AND (v_grant.kind = 'N' OR EXISTS (SELECT FROM pg_catalog.pg_roles AS r
               WHERE r.rolname = v_grant.name AND pg_catalog.pg_has_role(r.oid, 'USAGE')));
      v_text := pg_catalog.format('%s ON SCHEMA %I', v_grant.may, v_grant.schema);
    ELSIF v_grant.kind = 'F' THEN
      SELECT p.oid INTO v_now FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
       WHERE n.nspname = v_grant.schema AND p.proname = v_grant.name AND pg_catalog.oidvectortypes(p.proargtypes) = v_grant.part
         AND p.oid::text <> v_grant.was AND pg_catalog.pg_has_role(p.proowner, 'USAGE');
      v_text := pg_catalog.format('%s ON ROUTINE %s(%s)', v_grant.may, v_text, v_grant.part);
    ELSIF v_grant.kind = 'T' THEN
      SELECT t.oid INTO v_now FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
       WHERE n.nspname = v_grant.schema AND t.typname = v_grant.name AND t.oid::text <> v_grant.was
         AND pg_catalog.pg_has_role(t.typowner, 'USAGE');
      v_text := pg_catalog.format('%s ON TYPE %s', v_grant.may, v_text);
    ELSE
      SELECT c.oid INTO v_now FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       WHERE n.nspname = v_grant.schema AND c.relname = v_grant.name AND (c.relkind = 'S') = (v_grant.kind = 'S')
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.oid::text <> v_grant.was AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
         AND (v_grant.part IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = c.oid AND a.attname = v_grant.part AND NOT a.attisdropped));
      v_text := pg_catalog.format('%s%s ON %s %s', v_grant.may, ' (' || pg_catalog.quote_ident(v_grant.part) || ')',
        CASE v_grant.kind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, v_text);
    END IF;
    CONTINUE WHEN v_now IS NULL;
    IF v_grant.kind = 'D' THEN
      v_text := CASE v_grant.part WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END;
      FOR v_made IN SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
           WHERE c.relnamespace = v_now AND r.rolname = v_grant.name
             AND CASE v_grant.part WHEN 'S' THEN c.relkind = 'S' ELSE c.relkind IN ('r', 'p', 'v', 'm', 'f') END LOOP
        EXECUTE pg_catalog.format('GRANT %s ON %s %I.%I TO %I', v_grant.may, v_text, v_grant.schema, v_made, v_grant."to");
      END LOOP;
      v_text := pg_catalog.format('%s ON %sS', v_grant.may, v_text);
      EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s TO %I',
        v_grant.name, v_grant.schema, v_text, v_grant."to");
      v_text := v_text || pg_catalog.format(' IN SCHEMA %I', v_grant.schema);
    ELSE
      EXECUTE pg_catalog.format('GRANT %s TO %I', v_text, v_grant."to");
    END IF;
    RAISE NOTICE 'made anew, and granted again: % to %', v_text, v_grant."to";
  END LOOP;
END $leasehold$`;
