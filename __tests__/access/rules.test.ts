import * as fc from "fast-check";
import { loadModule, parseSync } from "libpg-query";
import {
  databaseNameProblem,
  dnsLabelProblem,
  dnsSubdomainProblem,
  functionNameProblem,
  givenPolicyProblem,
  labelValueProblem,
  metadataKeyProblem,
  mountPathProblem,
  quantityProblem,
  relationNameProblem,
  roleNameProblem,
  secretNameProblem,
  sqlNameProblem,
  textProblem,
  vaultPathProblem,
} from "../../access/model/rules";
import { hostProblem, imageProblem, urlProblem } from "../../access/model/addresses";
import { GRANTABLE, ObjectKind, unknownPrivileges } from "../../access/model/privileges";
import { quoteIdentifier } from "../../access/model/sql-quoting";
import { dnsLabel, hostileText, serviceAccount } from "../support/arbitraries";

beforeAll(() => loadModule());

/** The name of the first column that a SELECT gives. */
function targetName(parsed: unknown): unknown {
  const { stmts } = parsed as { stmts: { stmt: { SelectStmt: { targetList: { ResTarget: { name: string } }[] } } }[] };
  return stmts[0].stmt.SelectStmt.targetList[0].ResTarget.name;
}

describe("what a name may be", () => {
  type Rule = (name: string) => string | undefined;
  const table: [string, Rule, string[], string[]][] = [
    [
      "DNS label",
      dnsLabelProblem,
      ["a", "0", "shop", "shop-1", "a".repeat(63)],
      ["", "-a", "a-", "Shop", "a.b", "a_b", "a b", "a\n", "é", "a".repeat(64), "a/b", "*"],
    ],
    [
      "DNS subdomain",
      dnsSubdomainProblem,
      ["a", "a.b", "a-b.c-d", "a".repeat(253)],
      ["", ".", "a.", ".a", "a..b", "a-.b", "a.-b", "A", "a_b", "a\n", "a".repeat(254), "a/b", "*"],
    ],
    [
      "SQL name",
      sqlNameProblem,
      [
        "a",
        "A b",
        "a\"b'c\\",
        "${x}",
        "a${TfToken",
        "1e5",
        "String Map Token Values",
        "{{x}}",
        "é".repeat(31),
        "a".repeat(63),
        "😀",
      ],
      [
        "",
        "a\nb",
        "a\0",
        "\u007f",
        "\u0085",
        "a\u2028",
        "a\ud800",
        "\udc00a",
        "e\u0301",
        "a${TfToken[TOKEN.1]}",
        "#{TfToken[a]}",
        "&{TfToken[a]}",
        "String Map Token Value",
        "a-8.110491598159177e+298",
        "é".repeat(32),
        "a".repeat(64),
      ],
    ],
    ["relation", relationNameProblem, ["order items", 'a"b', "a)"], ["a(b", "a()", ""]],
    [
      "function",
      functionNameProblem,
      ["f", "f()", "f(integer, text[])", "my f(a)", "f(double precision,timestamp with time zone[])", "f(json)"],
      [
        "",
        "(a)",
        "f(a",
        "f(a)b",
        "f(a;b)",
        "f(a)(b)",
        "f(,)",
        "f(a b)",
        "f(])",
        "f(select)",
        "f(int, Null[])",
        'f("A")',
        `${"f".repeat(64)}(a)`,
      ],
    ],
    [
      "database",
      databaseNameProblem,
      ["shop", "Shop-2", "é", "a b", "a$b", "${x}", "public"],
      [
        "",
        "a;b",
        "a'b",
        'a"b',
        "a\\b",
        "a%b",
        "a?b",
        "a#b",
        "a/b",
        "a&b",
        "a@b",
        "a{{b",
        "a}}b",
        "a.b",
        "..",
        "a\u200bb",
        "a\u00a0b",
        " a",
        "a ",
        "pg_catalog",
        "PG_x",
        "a\tb",
        "a".repeat(64),
      ],
    ],
    [
      "role",
      roleNameProblem,
      ["shop", "a.b", "a ${b}", "Public"],
      ["", "public", "none", "a;b", "a ", "pg_x", "a\u0301b"],
    ],
    ["text", textProblem, ["", "a\nb", "é", "${x}", "${TfToken[TOKEN.1]}"], ["a\ud800", "e\u0301", "#{TfToken[a]}"]],
    [
      "path of Vault",
      vaultPathProblem,
      ["kv", "KV/Data.1/größe", "a b/${c}"],
      [
        "",
        "/a",
        "a/",
        "a//b",
        "a/../b",
        ".",
        "a*",
        "a/+/b",
        "a?b",
        "a#b",
        "a%2fb",
        "{{a}}",
        " a",
        "a\n",
        "#{TfToken[a]}",
        "a\u200bb",
        "a..b",
      ],
    ],
    ["given policy", givenPolicyProblem, ["team", "Team.A/b", "${x}"], ["", "root", "a,b", "a b", "a\nb", "a\ud800"]],
    [
      "host",
      hostProblem,
      ["a", "pg.example.com", "10.0.0.1", "[::1]", "[fd00::1]"],
      ["", "a:1", "a/b", "a@b", "a b", "::1", "[:]", "[fe80::1%eth0]", "[a]", "a\n", ".a", "a".repeat(254)],
    ],
    [
      "host of several parts",
      hostProblem,
      ["a.b-c.d", `${"a".repeat(63)}.b`, "1a.b", "10.0.0.255"],
      ["a..b", "a.", "a-.b", "-a.b", `${"a".repeat(64)}.b`, "10.0.0.256", "10.0.1", "a.b.1", "010.0.0.1"],
    ],
    [
      "address",
      urlProblem,
      ["https://a", "http://a:8200/", "https://10.0.0.1:8200/path", "https://[::1]:8200", "HTTPS://a.example.com"],
      [
        ...[
          "",
          "a",
          "a:8200",
          "ftp://a",
          "https:a",
          "https://",
          "https://u:p@a",
          "https://u@a",
          "https://a?b",
          "https://a/?",
        ],
        ...[
          "https://a#b",
          "https://a/#",
          " https://a",
          "https://a b",
          "https://a\nb",
          "https://a\\b",
          "https://a:99999",
        ],
        ...["https://a..b", "https://a_b", "${TfToken[TOKEN.1]}"],
      ],
    ],
    [
      "image",
      imageProblem,
      [
        "a",
        "a:1",
        "r.example.com:5000/a/b_c-d:v1.0_x",
        `a@sha256:${"0".repeat(64)}`,
        "[::1]:5000/a",
        "A.b/c",
        "localhost/a",
      ],
      [
        "",
        " ",
        "a b",
        "a:1\n",
        "a:",
        "a@",
        "A",
        "r.example.com/A",
        "https://a/b",
        "a//b",
        "/a",
        "a/",
        "a:b:c",
        "a@sha256:1",
      ],
    ],
    [
      "key",
      metadataKeyProblem,
      ["a", "a.b/C_d", `a.b/${"k".repeat(63)}`],
      ["", "/a", "a/", "A/a", "a/b/c", "-a", "a b", "a/${x}", "é", "a\n", "k".repeat(64), "__proto__"],
    ],
    ["label value", labelValueProblem, ["", "a", "A.b_c-1"], ["-", "a b", "${x}", "a\n", "k".repeat(64)]],
    ["quantity", quantityProblem, ["1", "10Gi", "1.5T", "500M"], ["", "Gi", "-1Gi", "1 Gi", "${x}", "1Gi\n"]],
    [
      "mount path",
      mountPathProblem,
      ["database", "database/main/shop", "a-b_c/d", "0"],
      ["", "/a", "a/", "a//b", "A", "a.b", "a*", "a+", "a b", "a/../b", "-a", "a/-b", "é", "a\n", "a".repeat(201)],
    ],
    [
      "secret",
      secretNameProblem,
      ["a", "shop", "pg_service.conf", "billing-1.json", "a".repeat(41)],
      ["", "A", "-a", "a-", ".a", "a/b", "a b", "é", "file-a", "a\n", "a".repeat(42), "../a"],
    ],
  ];
  test.each(table)("%s: plain ones pass, others are refused with a reason", (_, problem, fit, unfit) => {
    for (const name of fit) expect([name, problem(name)]).toEqual([name, undefined]);
    for (const name of unfit)
      expect([name, problem(name)]).toEqual([name, expect.stringMatching(/^(is|has|holds|starts) /)]);
  });

  test("what Kubernetes takes as a name is taken", () => {
    fc.assert(fc.property(dnsLabel, (name) => dnsLabelProblem(name) === undefined));
    fc.assert(fc.property(serviceAccount, (name) => dnsSubdomainProblem(name) === undefined));
  });

  test("a name that passes survives quoting, as PostgreSQL's own parser reads it", () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        fc.pre(sqlNameProblem(name) === undefined);
        const parsed = parseSync(`SELECT 1 AS ${quoteIdentifier(name)}`);
        expect(parsed.stmts).toHaveLength(1);
        expect(targetName(parsed)).toBe(name);
      }),
      { numRuns: 500 },
    );
  });

  test("a database or role that passes cannot end or split a statement of Vault", () => {
    fc.assert(
      fc.property(hostileText, (name) => {
        fc.pre(databaseNameProblem(name) === undefined);
        expect(name).not.toMatch(/[;'"\\\n\r\0]|\{\{|\}\}/);
      }),
      { numRuns: 500 },
    );
  });

  test("a secret's name that passes gives annotation keys that Kubernetes takes", () => {
    fc.assert(
      fc.property(hostileText, fc.stringMatching(/^[a-z0-9._-]{1,45}$/), (hostile, plain) => {
        for (const name of [hostile, plain]) {
          if (secretNameProblem(name) !== undefined) continue;
          for (const key of ["agent-inject-template-", "error-on-missing-key-", "agent-inject-secret-"])
            expect(`${key}${name}`).toMatch(/^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/);
        }
      }),
    );
  });
});

describe("privileges", () => {
  test("that can be granted on each kind are PostgreSQL's, without CREATE, ALL and MAINTAIN", () => {
    expect(GRANTABLE).toEqual({
      database: ["CONNECT", "TEMPORARY"],
      schema: ["USAGE"],
      table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
      column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
      sequence: ["USAGE", "SELECT", "UPDATE"],
      function: ["EXECUTE"],
    });
  });

  test("are understood by PostgreSQL's parser on their kind", () => {
    for (const [kind, privileges] of Object.entries(GRANTABLE))
      for (const privilege of privileges) {
        const sql =
          kind === "column" ? `GRANT ${privilege} (a) ON TABLE t TO r` : `GRANT ${privilege} ON ${kind} t TO r`;
        expect(() => parseSync(sql)).not.toThrow();
      }
  });

  test.each<[ObjectKind, string[], string[]]>([
    ["table", ["SELECT", "CREATE", "ALL"], ["CREATE", "ALL"]],
    ["column", ["DELETE", "UPDATE"], ["DELETE"]],
    ["schema", ["CREATE"], ["CREATE"]],
    ["table", ["select", "SELECT; DROP"], ["select", "SELECT; DROP"]],
    ["table", ["toString", "constructor"], ["toString", "constructor"]],
    ["function", ["EXECUTE"], []],
  ])("on a %s, of %j these are unknown: %j", (kind, asked, unknown) => {
    expect(unknownPrivileges(kind, asked)).toEqual(unknown);
  });
});
