import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseMigration, Migrations } from "../../../constructs";
import { unfitStatements } from "../../../constructs/workloads/migration-files";
import { findingsOfRefusal } from "../../support/program";
import { World } from "../../support/world";

describe("a statement that does not fit into the transaction of its file", () => {
  test.each([
    ["CREATE INDEX CONCURRENTLY i ON t (a)", "cannot run in a transaction"],
    ["create unique\n  index concurrently i on t (a)", "cannot run in a transaction"],
    ["DROP INDEX CONCURRENTLY i", "cannot run in a transaction"],
    ["REINDEX (VERBOSE) TABLE CONCURRENTLY t", "cannot run in a transaction"],
    ["REINDEX DATABASE shop", "cannot run in a transaction"],
    ["ALTER TABLE t DETACH PARTITION p CONCURRENTLY", "cannot run in a transaction"],
    ["VACUUM (ANALYZE) t", "cannot run in a transaction"],
    ["CREATE DATABASE other", "cannot run in a transaction"],
    ["ALTER SYSTEM SET work_mem = '1GB'", "cannot run in a transaction"],
    ["ALTER DATABASE shop SET TABLESPACE fast", "cannot run in a transaction"],
    ["CLUSTER", "cannot run in a transaction"],
    ["CLUSTER (VERBOSE)", "cannot run in a transaction"],
    ["DISCARD ALL", "cannot run in a transaction"],
    ["BEGIN", "begins or ends a transaction"],
    ["START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "begins or ends a transaction"],
    ["commit", "begins or ends a transaction"],
    ["ROLLBACK", "begins or ends a transaction"],
    ["END", "begins or ends a transaction"],
    ["\\connect other", "leaves the file"],
    ["\\i tables.sql", "leaves the file"],
    ["\\q", "leaves the file"],
  ])("%s", (statement, message) => {
    const before = "/* it's /* one */ 'two */\nCREATE TABLE t (a text DEFAULT ';\n');\n-- VACUUM;\n";
    expect(unfitStatements(`${before}${statement};\nSELECT 1;`)).toEqual([
      { line: 5, message: expect.stringContaining(message) as string, fix: expect.any(String) as string },
    ]);
  });

  test("is found where the file begins and where it ends, each with its line", () => {
    expect(unfitStatements("BEGIN;\n\n\\i a.sql\nSELECT 1;\nCOMMIT").map(({ line }) => line)).toEqual([1, 3, 5]);
  });
});

test.each([
  "CREATE TABLE t (a int); CREATE INDEX i ON t (a); SAVEPOINT s; ROLLBACK TO s; ROLLBACK WORK TO SAVEPOINT s",
  "CREATE INDEX concurrently_made ON t (a)",
  "SELECT 'BEGIN; COMMIT;', E'it\\'s; VACUUM; ', \"end;\" FROM t; COMMENT ON TABLE t IS '\\i a.sql'",
  "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$\nBEGIN\n  RETURN 1; -- $$\nEND;\n$f$",
  "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 END;\n SELECT 2;\nEND;\nSELECT 1",
  "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$",
  "COPY t (a, b) FROM stdin;\n1\tVACUUM;\n2\t\\i x\n\\.\nSELECT 1;",
  "\\set ON_ERROR_STOP on\nANALYZE t; CLUSTER t USING i; CLUSTER VERBOSE t",
  "DISCARD PLANS; ALTER DATABASE shop SET work_mem = '8MB'",
])("what fits is let through: %s", (text) => {
  expect(unfitStatements(text)).toEqual([]);
});

test("a folder with such a file is refused, with the file and its line", () => {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-unfit-"));
  writeFileSync(join(folder, "001.sql"), "CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a);\n");
  const findings = findingsOfRefusal((app) => {
    const world = new World(app);
    const migrations = Migrations.fromFolder(folder);
    new DatabaseMigration(world.db, "migration", { identity: world.identity("migrator"), migrations });
  });
  rmSync(folder, { recursive: true });
  expect(findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'migration: file "001.sql", line 2: "CREATE INDEX CONCURRENTLY i ON t (a)" cannot run in a transaction, and each file runs in one',
  ]);
});
