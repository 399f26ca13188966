import * as fc from "fast-check";
import { Capability, operatorRules, renderPolicy, VaultPath, VaultPolicy, VaultPolicyRule } from "../../../constructs";
import { hostileText } from "../../support/arbitraries";
import { findingsOfRefusal, inStack } from "../../support/program";
import { parseHcl, unescapeTemplate } from "../../support/terraform-text";
import { World } from "../../support/world";

test("minimal definition: one policy of the id's name, whose text is HCL", () => {
  const rules = [{ path: VaultPath.exact("flags/data/shop"), capabilities: ["read" as const] }];
  const stack = inStack((scope) => void new VaultPolicy(scope, "flags", { rules }));
  expect(stack.census).toEqual({ vault_policy: 1 });
  expect(stack.only("vault_policy")).toMatchInlineSnapshot(`
   {
     "name": "flags",
     "policy": "path "flags/data/shop" {
     capabilities = ["read"]
   }
   ",
   }
  `);
});

test("a policy that exists already makes nothing", () => {
  const stack = inStack((scope) => {
    expect(VaultPolicy.fromPolicyName(scope, "given", "team-policy").policyName).toBe("team-policy");
  });
  expect(stack.census).toEqual({});
});

test("a rule can have a comment and parameters", () => {
  const text = renderPolicy([
    {
      path: VaultPath.startingWith("transit/sign/"),
      capabilities: ["update", "create"],
      description: 'signs orders\n} path "sys/*" {',
      allowedParameters: { input: [], hash: ["sha2-256"] },
      deniedParameters: { key: [] },
      requiredParameters: ["input"],
    },
    { path: VaultPath.exact("sys/raw"), capabilities: ["deny"] },
  ]);
  expect(text).toMatchInlineSnapshot(`
   "# signs orders
   # } path "sys/*" {
   path "transit/sign/*" {
     capabilities = ["update", "create"]
     allowed_parameters = {
       "hash" = ["sha2-256"]
       "input" = []
     }
     denied_parameters = {
       "key" = []
     }
     required_parameters = ["input"]
   }

   path "sys/raw" {
     capabilities = ["deny"]
   }
   "
  `);
});

/** The text of any rule; what the construct refuses is not in it. */
const plain = hostileText.filter((text) => text !== "" && !/TfToken|[$%]\{/.test(text));
const rule: fc.Arbitrary<VaultPolicyRule> = fc.record(
  {
    path: fc
      .tuple(plain, fc.boolean())
      .map(([path, prefix]) => (prefix ? VaultPath.startingWith(path) : VaultPath.exact(path))),
    capabilities: fc.subarray<Capability>(["create", "read", "update", "patch", "delete", "list"], { minLength: 1 }),
    description: hostileText,
    allowedParameters: fc.dictionary(plain, fc.array(plain, { maxLength: 2 }), { maxKeys: 2 }),
    deniedParameters: fc.dictionary(plain, fc.array(plain, { maxLength: 2 }), { maxKeys: 2 }),
    requiredParameters: fc.array(plain, { maxLength: 2 }),
  },
  { requiredKeys: ["path", "capabilities"] },
);

test("every policy parses back to its rules, in their order, whatever text is in them", async () => {
  const meaning = (value: unknown): unknown =>
    typeof value === "string"
      ? unescapeTemplate(value)
      : Array.isArray(value)
        ? value.map(meaning)
        : typeof value === "object" && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, child]) => [unescapeTemplate(key), meaning(child)]))
          : value;
  const nfc = (value: unknown): unknown => JSON.parse(JSON.stringify(value).normalize("NFC"));
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(rule, { maxLength: 3, selector: (r) => r.path.toString().normalize("NFC") }),
      async (rules) => {
        const { path: paths = {} } = (await parseHcl(renderPolicy(rules))) as { path?: Record<string, unknown[]> };
        const parsed = Object.entries(paths).map(([path, blocks]) => [unescapeTemplate(path), meaning(blocks)]);
        const expected = rules.map((r) => [
          r.path.toString(),
          [
            {
              capabilities: r.capabilities,
              ...(r.allowedParameters && { allowed_parameters: r.allowedParameters }),
              ...(r.deniedParameters && { denied_parameters: r.deniedParameters }),
              ...(r.requiredParameters && { required_parameters: r.requiredParameters }),
            },
          ],
        ]);
        const byPath = (a: unknown[], b: unknown[]): number => (JSON.stringify(a[0]) < JSON.stringify(b[0]) ? -1 : 1);
        expect((nfc(parsed) as unknown[][]).sort(byPath)).toEqual((nfc(expected) as unknown[][]).sort(byPath));
      },
    ),
    { numRuns: 300 },
  );
});

// Vault reads policies with the first version of HCL, which leaves `$${` and `%%{` as they are; tried with 1.21.1:
// a policy for `a/$${x}` gives the capability on the path `a/$${x}` and denies it on `a/${x}`.
test.each<[string, Partial<VaultPolicyRule>]>([
  ["path", { path: VaultPath.exact("a/${x}") }],
  ["path", { path: VaultPath.startingWith("a/%{x}") }],
  ["allowed parameter", { allowedParameters: { "${x}": [] } }],
  ["allowed value", { allowedParameters: { x: ["a", "%{x}"] } }],
  ["denied value", { deniedParameters: { x: ["${x}"] } }],
  ["required parameter", { requiredParameters: ["a", "${x}"] }],
])("a template start in a %s is refused: Vault would read another text", (_, more) => {
  const rules = [{ path: VaultPath.exact("a"), capabilities: ["read" as const], ...more }];
  const findings = findingsOfRefusal((app) => void new VaultPolicy(new World(app).config, "p", { rules }));
  expect(findings.map(({ code, message }) => [code, message.replace(/^.*, holds/, "holds")])).toEqual([
    ["policy-rule", "holds ${ or %{, which a policy of Vault cannot carry"],
  ]);
});

const bad: [string, string, boolean][] = [
  ...["", "/a", "a//b", "a/*", "a/+/b", 'a"b', "a\\b", "a\nb", "a/../b", "./a", "a/."].map(
    (path): [string, string, boolean] => ["exact", path, false],
  ),
  ...["", "/", "/a", "a*", "a/+/"].map((path): [string, string, boolean] => ["prefix", path, true]),
];
test.each(bad)("the %s path %j is refused", (_, path, prefix) => {
  const vaultPath = prefix ? VaultPath.startingWith(path) : VaultPath.exact(path);
  const codes = findingsOfRefusal(
    (app) => void new VaultPolicy(new World(app).config, "p", { rules: [{ path: vaultPath, capabilities: ["read"] }] }),
  ).map(({ code }) => code);
  expect(codes).toEqual(["policy-rule"]);
});

test.each([
  ["policy-rule", []],
  ["argument", ["sudo"]],
  ["policy-rule", ["read", "deny"]],
  ["argument", ["Read"]],
])("as %s the capabilities %j are refused", (code, capabilities) => {
  const rules = [{ path: VaultPath.exact("a"), capabilities: capabilities as Capability[] }];
  expect(
    findingsOfRefusal((app) => void new VaultPolicy(new World(app).config, "p", { rules })).map(({ code }) => code),
  ).toEqual([code]);
});

test.each(["", "Flags", "root", "a b", "-a", "a/b", "é"])("the name %j is refused", (policyName) => {
  expect(
    findingsOfRefusal(
      (app) =>
        void new VaultPolicy(new World(app).config, "p", {
          policyName,
          rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
        }),
    ).map(({ code }) => code),
  ).toEqual(["policy-name"]);
});

describe("operators of a mount", () => {
  test("manage its configuration and roles, and read no credential", () => {
    expect(
      operatorRules("database/main/shop").map(({ path, capabilities }) => [path.toString(), ...capabilities]),
    ).toEqual([
      ["database/main/shop/config/*", "create", "read", "update", "delete", "list"],
      ["database/main/shop/config", "list"],
      ["database/main/shop/roles/*", "create", "read", "update", "delete", "list"],
      ["database/main/shop/roles", "list"],
      ["database/main/shop/creds/*", "deny"],
      ["database/main/shop/static-creds/*", "deny"],
    ]);
  });

  test("may not write a URL or a statement of their own, with which they would get one after all", () => {
    const allowed = Object.fromEntries(
      operatorRules("db").map(({ path, allowedParameters }) => [path.toString(), allowedParameters]),
    );
    expect(allowed["db/config/*"]).toEqual({
      allowed_roles: [],
      max_open_connections: [],
      max_idle_connections: [],
      max_connection_lifetime: [],
    });
    expect(allowed["db/roles/*"]).toEqual({ db_name: [], default_ttl: [], max_ttl: [] });
    expect(operatorRules("db", { everyParameter: true }).map((r) => r.allowedParameters)).toEqual(
      Array(6).fill(undefined),
    );
  });

  test("are those of one path: another is refused at once", () => {
    expect(() => operatorRules("database/*")).toThrow(/^mount path "database\/\*" is not a path of/);
  });
});
