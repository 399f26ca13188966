import * as fc from "fast-check";
import * as fs from "fs";
import { loadModule, parsePlPgSQLSync, parseSync } from "libpg-query";
import * as path from "path";
import {
  creationStatements,
  installSql,
  REGISTRATION_NAME,
  renderLeaseFunctions,
  renderRegistration,
  renewStatements,
  revocationStatements,
  rollbackStatements,
} from "../../../../constructs/database/lease/lease-functions";
import { statementRoleProblem } from "../../../../access/model/rules";
import { sqlConstant } from "../../../../constructs/database/lease/sql-constant";
import { everyFunction, group, OPTIONS } from "./fixture";

const FOLDER = path.join(__dirname, "../../../../constructs/database/lease");
const functions = renderLeaseFunctions(OPTIONS);

beforeAll(() => loadModule());

/** The strings of the first statement's first constant, as PostgreSQL's own parser reads them. */
function constantIn(sql: string): string {
  const found: string[] = [];
  JSON.stringify(parseSync(sql), (key, value) => {
    if (key === "sval" && typeof value?.sval === "string") found.push(value.sval);
    if (key === "sval" && value !== null && typeof value === "object" && value.sval === undefined) found.push("");
    return value;
  });
  return found[found.length - 1];
}

/** Names that PostgreSQL takes for a role, and that we do not refuse, made mostly of what could break out of quotes. */
const hostileName = fc
  .array(
    fc.oneof(
      fc.constantFrom(..."'\"\\$%@{}()[]!?#,.<>|&*=~^` "),
      fc.constantFrom("$$", "$lease$", "$function$", "${a}", "%{b}", "@login@", "@groups@", "--", "/*", "*/", "E'"),
      fc.constantFrom("RETURNS x", " LANGUAGE c ", "é", "日本", "😀", "a", "Z", "0"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 2 }),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((parts) => parts.join(""))
  .filter((name) => statementRoleProblem(name) === undefined);

describe("every lease function", () => {
  test("is one .sql file with the name of the function", () => {
    const files = fs.readdirSync(FOLDER).filter((file) => file.endsWith(".sql"));
    expect(files.map((file) => file.replace(".sql", "")).sort()).toEqual(functions.map((fn) => fn.name).sort());
  });

  test.each(functions)("$name is understood by PostgreSQL's own parsers", (fn) => {
    expect(() => parsePlPgSQLSync(installSql([fn]))).not.toThrow();
  });

  test.each(functions)(
    "$name declares variables with a qualified type and no initial value, and nothing else",
    (fn) => {
      const [, declared] = /\nDECLARE\n([\s\S]*?)\nBEGIN\n/.exec(fn.body) ?? [];
      for (const line of declared.split("\n")) {
        expect(line).toMatch(/^ {2}v_[a-z_]+ pg_catalog\.[a-z0-9]+(\[\])?;$/);
      }
      expect(fn.body.match(/\bDECLARE\b/g)?.length).toBe(
        declared === undefined ? 0 : fn.body.includes("types in DECLARE") ? 2 : 1,
      );
    },
  );

  test.each(functions)("$name pins the search path before it looks anything up", (fn) => {
    const [, first] = /\nBEGIN\n(?: *--[^\n]*\n)* *([^;]*;)/.exec(fn.body) ?? [];
    expect(first).toBe("PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);");
  });

  test.each(functions)("$name holds no literal whose meaning depends on standard_conforming_strings", (fn) => {
    for (const [literal] of fn.body.replace(/--[^\n]*/g, "").matchAll(/(?<![A-Za-z0-9_])'(?:[^']|'')*'/g)) {
      expect(literal).not.toContain("\\");
    }
  });

  test.each(functions)("$name is left whole by Terraform's templates and by the provider's parser", (fn) => {
    expect(fn.body).not.toMatch(/\$\{|%\{/);
    expect(fn.body).not.toMatch(/\$[a-zA-Z]*\$/);
    expect(fn.body).not.toMatch(/\b(returns|language)\s/i);
    expect(fn.body).not.toMatch(/@/);
  });

  test.each(functions)("$name takes bare text only and has no SET clause to lose", (fn) => {
    expect(fn.args.every((arg) => arg.type === "text" && /^[a-z_]+$/.test(arg.name))).toBe(true);
    expect(fn.securityDefiner).toBe(fn.name !== "live");
    expect(fn.volatility).toBe("VOLATILE");
  });

  test("keeps its signature: live leases carry these calls with them", () => {
    expect(functions.map((fn) => `${fn.name}(${fn.args.map((arg) => arg.type).join(", ")}) ${fn.returns}`)).toEqual([
      "issue(text, text, text, text) void",
      "renew(text, text) void",
      "close(text) void",
      "revoke(text) void",
      "sweep(text) void",
      'live() TABLE(name text, "group" text, issued timestamp with time zone, until timestamp with time zone, sessions bigint, state text)',
    ]);
    expect(creationStatements("web")).toEqual([
      "SELECT lease.issue('{{name}}', '{{password}}', '{{expiration}}', 'web')",
    ]);
    expect(renewStatements).toEqual(["SELECT lease.renew('{{name}}', '{{expiration}}')"]);
    expect(revocationStatements).toEqual([
      "SELECT lease.close('{{name}}')",
      "COMMIT AND CHAIN",
      "SELECT lease.revoke('{{name}}')",
    ]);
    expect(rollbackStatements).toEqual(revocationStatements);
  });
});

describe("rendering", () => {
  test("of a group is one statement of constants, and of its own", () => {
    const { name, body } = renderRegistration(group("web", { actsAs: "app_owner" }));
    expect({ name, body }).toEqual({
      name: "group_4b5e57f6eb2f42b9039b3d1e13929295",
      body: "SELECT 'web'::text, 3600, 5, 50, 'app_owner'::text",
    });
  });

  test.each(everyFunction(OPTIONS).filter(({ language }) => language === "sql"))(
    "$name is understood by PostgreSQL's own parser, as the provider writes and reads it",
    (fn) => {
      expect(parseSync(installSql([fn])).stmts).toHaveLength(1);
      expect(parseSync(fn.body).stmts).toHaveLength(1);
      expect(fn.name).toMatch(REGISTRATION_NAME);
    },
  );

  test.each([
    ["an empty name", ""],
    ["a line break", "a\nb"],
    ["NUL", "a\0b"],
    ["a Vault placeholder", "{{name}}"],
    ["closing braces", "a}}b"],
    ["a semicolon", "a;b"],
    ["64 bytes", "a".repeat(64)],
    ["64 bytes in 32 characters", "é".repeat(32)],
    ["half a surrogate pair", "a\ud800"],
    ["PostgreSQL's own prefix", "pg_read_all_data"],
    ["PUBLIC", "public"],
  ])("refuses a group name with %s", (_, name) => {
    const what = /lease functions: the group .* (is|holds|starts) /;
    expect(() => creationStatements(name)).toThrow(what);
    expect(() => renderRegistration(group(name))).toThrow(what);
  });

  test.each([0, -1, 1.5, NaN, Infinity, 1e12])("refuses %p as a limit", (limit) => {
    for (const more of [{ maxTtlSeconds: limit }, { connectionLimit: limit }, { maxLiveLeases: limit }]) {
      expect(() => renderRegistration(group("web", more))).toThrow(/must be a whole number/);
    }
  });

  test.each(["", "pg_", "v'", "v ", "-v", "v".repeat(41)])("refuses the name prefix %p", (namePrefix) => {
    expect(() => renderLeaseFunctions({ ...OPTIONS, namePrefix })).toThrow(/name prefix/);
  });
});

describe("a constant", () => {
  test("is plain where it can be", () => {
    expect(sqlConstant("lh-prod-web_1.x")).toBe("'lh-prod-web_1.x'");
  });

  test("comes back exactly from PostgreSQL's parser, whatever is in it", () => {
    fc.assert(fc.property(hostileName, (name) => expect(constantIn(`SELECT ${sqlConstant(name)}`)).toBe(name)));
  });

  test("comes back exactly from the statement that Vault runs, which stays one statement", () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        const [statement] = creationStatements(name);
        expect(statement.split(";")).toHaveLength(1);
        expect(statement.match(/\{\{/g)).toHaveLength(3);
        expect(parseSync(statement).stmts).toHaveLength(1);
        expect(constantIn(statement)).toBe(name);
      }),
    );
  });

  test("leaves the function around it one function that the provider reads whole", () => {
    fc.assert(
      fc.property(hostileName, hostileName, (name, owner) => {
        for (const fn of everyFunction({ ...OPTIONS, groups: [group(name, { actsAs: owner })] })) {
          expect(parseSync(installSql([fn])).stmts).toHaveLength(1);
          expect(fn.body).not.toMatch(/\$\{|%\{|\$[a-zA-Z]*\$|\b(returns|language)\s/i);
        }
      }),
      { numRuns: 30 },
    );
  });
});
