import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { loadModule, parsePlPgSQLSync, parseSync } from "libpg-query";
import { quoteIdentifier, quoteLiteral } from "../../../access/model/sql-quoting";
import { initSql, SHORT_LOCKS_SQL } from "../../../constructs/postgres/init-sql";
import { hostileText } from "../../support/arbitraries";

beforeAll(() => loadModule());

interface Select {
  readonly targetList: readonly {
    readonly ResTarget: {
      readonly name?: string;
      readonly val: { readonly A_Const?: { readonly sval?: { readonly sval?: string } } };
    };
  }[];
}

function select(sql: string): { readonly statements: number; readonly columns: Select["targetList"] } {
  const { stmts } = parseSync(sql) as unknown as { stmts: { stmt: { SelectStmt: Select } }[] };
  return { statements: stmts.length, columns: stmts[0].stmt.SelectStmt.targetList };
}

const storable = hostileText.filter((text) => !text.includes("\0"));

describe("a quoted identifier", () => {
  test.each([
    ["shop", '"shop"'],
    ['a"b', '"a""b"'],
    ['"; DROP ROLE x; --', '"""; DROP ROLE x; --"'],
  ])("of %j is %s", (name, text) => {
    expect(quoteIdentifier(name)).toBe(text);
  });

  test("comes back exactly from PostgreSQL's parser, whatever is in it", () => {
    fc.assert(
      fc.property(storable, (name) => {
        fc.pre(name !== "" && Buffer.byteLength(name) <= 63);
        const { statements, columns } = select(`SELECT 1 AS ${quoteIdentifier(name)}`);
        expect(statements).toBe(1);
        expect(columns.map((column) => column.ResTarget.name)).toEqual([name]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a quoted literal", () => {
  test.each([
    ["plain", "'plain'"],
    ["it's", "'it''s'"],
    ["a\\'b", "E'a\\\\''b'"],
  ])("of %j is %s", (value, text) => {
    expect(quoteLiteral(value)).toBe(text);
  });

  test("comes back exactly from PostgreSQL's parser, whatever is in it", () => {
    fc.assert(
      fc.property(storable, (value) => {
        const { statements, columns } = select(`SELECT ${quoteLiteral(value)}`);
        expect(statements).toBe(1);
        expect(columns.map((column) => column.ResTarget.val.A_Const?.sval?.sval ?? "")).toEqual([value]);
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on standard_conforming_strings: no plain literal holds a backslash", () => {
    fc.assert(fc.property(storable, (value) => quoteLiteral(value).startsWith("E'") === value.includes("\\")));
  });
});

describe("what a new server runs once", () => {
  const sql = initSql({ admin: "leasehold_admin", passwordFile: "/vault/secrets/admin-password" });

  test("is this", () => {
    expect(sql).toMatchInlineSnapshot(`
     "-- Run once by the image, on an empty data folder.
     -- The password is read here from the injected file: it is in no statement, so in no log.
     DO $init$
     BEGIN
       EXECUTE format(
         'CREATE ROLE %I LOGIN CREATEROLE CREATEDB PASSWORD %L',
         'leasehold_admin',
         btrim(pg_read_file('/vault/secrets/admin-password'), E' \\n')
       );
     END
     $init$;
     -- Lease functions end the sessions of logins that are gone.
     GRANT pg_signal_backend TO "leasehold_admin";
     -- Terraform's provider writes operators and functions without a schema: those of a schema that a migration may write to
     -- would run as the admin. And no session may make it wait for ever.
     ALTER ROLE "leasehold_admin" SET search_path = pg_catalog;
     ALTER ROLE "leasehold_admin" SET lock_timeout = '30s';
     REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
     GRANT CONNECT ON DATABASE postgres TO "leasehold_admin";
     -- From here on the superuser logs in only inside the pod, over the socket, as the server's own user (peer).
     ALTER ROLE CURRENT_USER PASSWORD NULL;
     "
    `);
  });

  test("is understood by PostgreSQL's own parsers, also with hostile names", () => {
    const name = storable.filter((text) => text !== "" && !text.includes("$init$"));
    fc.assert(
      fc.property(name, name, (admin, passwordFile) => {
        const text = initSql({ admin, passwordFile });
        const { stmts } = parseSync(text) as unknown as { stmts: { stmt: object }[] };
        expect(stmts.map(({ stmt }) => Object.keys(stmt)[0])).toEqual([
          ...[
            "DoStmt",
            "GrantRoleStmt",
            "AlterRoleSetStmt",
            "AlterRoleSetStmt",
            "GrantStmt",
            "GrantStmt",
            "AlterRoleStmt",
          ],
        ]);
        const body = /\$init\$([\s\S]*)\$init\$/.exec(text)?.[1] as string;
        expect(() =>
          parsePlPgSQLSync(`CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $f$${body}$f$;`),
        ).not.toThrow();
      }),
    );
  });

  test("of a server with a certificate leaves no line by which anybody connects without TLS", () => {
    const text = initSql({ admin: "leasehold_admin", passwordFile: "/f", onlyTls: true });
    expect(text.startsWith(initSql({ admin: "leasehold_admin", passwordFile: "/f" }))).toBe(true);
    expect(text).toContain("''hostssl all all all scram-sha-256''");
    expect(() => parseSync(text)).not.toThrow();
  });

  test("gives the admin neither SUPERUSER nor REPLICATION nor BYPASSRLS, and no password in a statement", () => {
    expect(sql).not.toMatch(/SUPERUSER|REPLICATION|BYPASSRLS/);
    expect(sql.match(/PASSWORD \S+/g)).toEqual(["PASSWORD %L',", "PASSWORD NULL;"]);
  });
});

test("what is said for external servers is what our own servers have, to the letter: doctor compares it", () => {
  expect(readFileSync(join(__dirname, "../../../docs/security.md"), "utf8")).toContain(SHORT_LOCKS_SQL);
});

test("nothing of it was granted or revoked: pg_upgrade writes that of a part of an extension without the function, and fails", () => {
  expect(SHORT_LOCKS_SQL).not.toMatch(/GRANT|REVOKE/);
});
