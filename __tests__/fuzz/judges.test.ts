import { loadModule } from "libpg-query";
import { Attempt, Field } from "./fields";
import { judge } from "./judges";
import { Case, Outcome, outcomeOf, Shape } from "./program";
import { sentByVault } from "./judges/vault-statements";

beforeAll(() => loadModule());

const SHAPE: Shape = {
  format: "uri",
  ownDatabase: true,
  ownMountPath: true,
  ownGroupRole: true,
  ownFile: true,
  server: true,
  foreign: false,
};

function caseOf(texts: Partial<Record<Field, string>>, shape: Partial<Shape> = {}): Case {
  const attempts = Object.entries(texts).map(([field, value]): Attempt => ({
    field: field as Field,
    value,
    plain: false,
  }));
  return { shape: { ...SHAPE, ...shape }, attempts };
}

type Accepted = Extract<Outcome, { accepted: true }>;

function accepted(one: Case): Accepted {
  const outcome = outcomeOf(one);
  if (!outcome.accepted) throw outcome.error;
  return outcome;
}

/** The outcome as a library with a defect would have written it: a text of its JSON replaced by another one. */
function planted(outcome: Accepted, from: string, to: string): Accepted {
  let hits = 0;
  const program = Object.fromEntries(
    Object.entries(outcome.program).map(([name, stack]) => {
      hits += stack.text.split(from).length - 1;
      return [name, Object.assign(Object.create(stack) as typeof stack, { text: stack.text.split(from).join(to) })];
    }),
  );
  if (hits === 0) throw new Error(`${from} is not in the program`);
  return { ...outcome, program };
}

test.each<Partial<Shape>>([
  {},
  { format: "json" },
  { format: "keywords" },
  { format: "serviceFile", foreign: true },
  { format: "custom", server: false, ownDatabase: false },
])("nothing is wrong with a program of plain names: %j", async (shape) => {
  const one = caseOf({}, shape);
  expect(await judge(outcomeOf(one), one)).toEqual([]);
});

describe("a planted defect is found", () => {
  const json = (text: string): string => JSON.stringify(text).slice(1, -1);
  test.each<[string, Case, string, string, RegExp]>([
    ["literal() left out of a schema", caseOf({ schema: "${x}" }), '"$${x}"', '"${x}"', /Terraform: .*refers to x/],
    ["literal() left out of a directive", caseOf({ table: "%{if}" }), '"%%{if}"', '"%{if}"', /Terraform: .*directives/],
    ["literal() done twice", caseOf({ table: "${x}" }), '"$${x}"', '"$$${x}"', /PostgreSQL: a grant.*not asked for/],
    ["a name in normal form C", caseOf({ table: "\u00e9" }), "\u00e9", "e", /PostgreSQL: a grant/],
    [
      "a reference that is another resource's",
      caseOf({ sequence: "q1" }),
      '"q1"',
      '"${vault_policy.x.name}"',
      /Terraform: /,
    ],
    ["a name cut at 63 bytes", caseOf({ groupRole: "g".repeat(63) }), "g".repeat(63), "g".repeat(62), /PostgreSQL: /],
    ["PUBLIC as a group", caseOf({ groupRole: "team" }), '"team"', '"public"', /PostgreSQL: /],
    ["a quote in a statement", caseOf({ groupRole: "team" }), "'team'", "'te'am'", /Vault: /],
    ["a second statement", caseOf({ groupRole: "team" }), "'team')", "'team'); DROP ROLE x", /Vault: /],
    ["a placeholder in a statement", caseOf({ groupRole: "team" }), "'team')", "'{{password}}')", /Vault: issuing/],
    [
      "another group in a function",
      caseOf({ groupRole: "team" }),
      "SELECT 'team'::text",
      "SELECT 'tean'::text",
      /PostgreSQL: the group that is registered/,
    ],
    ["a glob in a policy", caseOf({}), 'creds/eu.shop.web\\"', 'creds/*\\"', /Vault: a policy/],
    ["a capability more", caseOf({}), '[\\"read\\"]', '[\\"read\\", \\"list\\"]', /Vault: a policy/],
    [
      "a comment that ends",
      caseOf({ policyText: "reads" }),
      "# reads",
      '# reads\\npath \\"sys/*\\" { capabilities = [\\"sudo\\"] }',
      /Vault: a policy/,
    ],
    [
      "a host that ends",
      caseOf({}),
      "@vault-side.example.com:",
      "@x/y?host=vault-side.example.com:",
      /Vault: the connection/,
    ],
    ["another database in the URL", caseOf({ database: "a b" }), "/a%20b?", "/a+b?", /Vault: the connection/],
    ["an entry elsewhere", caseOf({}), "postgres/main/shop/vault", "postgres/main/../vault", /Vault: a written entry/],
    ["a policy more on the token", caseOf({}), '"team"', '"admin"', /Vault: an auth role/],
    [
      "a template that reads another secret",
      caseOf({}),
      "{{- end -}}",
      '{{- end -}}{{ with secret \\"sys/raw\\" }}{{ end }}',
      /Kubernetes: /,
    ],
    ["a password that is not encoded", caseOf({}), "/shop?sslmode", "/sh#op?sslmode", /Kubernetes: the file/],
    [
      "a quote in keywords",
      caseOf({ database: "a b" }, { format: "keywords" }),
      "dbname='a b'",
      "dbname=a b",
      /Kubernetes: /,
    ],
    ["a quote in JSON", caseOf({}, { format: "json" }), '\\"sslmode\\"', '\\"sslmode', /Kubernetes: /],
    ["an annotation's key", caseOf({ annotationKey: "own" }), '"own"', '"o n"', /Kubernetes: "o n" is not a key/],
    [
      "an annotation's value",
      caseOf({ annotationValue: json("x\ny") }),
      json(json("x\ny")),
      "xy",
      /Kubernetes: annotation/,
    ],
    ["a label", caseOf({ labelValue: "front" }), '"front"', '"fr ont"', /Kubernetes: /],
    ["a key that JSON keeps for comments", caseOf({ labelKey: "tier" }), '"tier"', '"//"', /Kubernetes: /],
    ["the CA of another", caseOf({}), "MIIB", "MIIC", /Kubernetes: the CA/],
  ])("%s", async (_, one, from, to, found) => {
    const outcome = accepted(one);
    expect(await judge(outcome, one)).toEqual([]);
    expect((await judge(planted(outcome, from, to), one)).join("\n")).toMatch(found);
  });

  test("a report that names another table", async () => {
    const one = caseOf({ table: "wizard1" });
    const outcome = accepted(one);
    const report = JSON.parse(JSON.stringify(outcome.report).replace(/wizard1/g, "wizard2")) as Accepted["report"];
    expect((await judge({ ...outcome, report }, one)).join("\n")).toMatch(/access\.json: a grant of the report/);
  });
});

describe("a refusal that is not clear is found", () => {
  const one = caseOf({ table: "a\0" });
  const refusal = (): Extract<Outcome, { accepted: false }> => {
    const outcome = outcomeOf(one);
    if (outcome.accepted) throw new Error("accepted");
    return outcome;
  };
  const withFinding = (change: object): Outcome => {
    const outcome = refusal();
    const { findings, message } = outcome.error as Error & { findings: object[] };
    const error = Object.assign(new Error(message), { name: "AccessFindingsError" });
    return { ...outcome, error: Object.assign(error, { findings: [{ ...findings[0], ...change }] }) };
  };

  test("a clear one is not", async () => {
    expect(await judge(refusal(), one)).toEqual([]);
    expect(await judge(withFinding({}), one)).toEqual([]);
  });
  test.each<[string, object, RegExp]>([
    ["a code that no document has", { code: "no-such" }, /not in docs/],
    ["nowhere", { path: "" }, /not where/],
    ["no remedy", { fix: "" }, /not how/],
    ["no value", { message: "a name is wrong" }, /shows no value/],
    ["a warning", { severity: "warning" }, /is not an error/],
  ])("%s", async (_, change, found) => {
    expect((await judge(withFinding(change), one)).join()).toMatch(found);
  });
  test("another error, a file left behind, and plain names refused", async () => {
    expect(await judge({ ...refusal(), error: new TypeError("x is undefined") }, one)).toEqual([
      "unclear: TypeError: x is undefined",
    ]);
    expect(await judge({ ...refusal(), files: ["stacks/who/cdk.tf.json"] }, one)).toEqual([
      "stacks/who/cdk.tf.json was written before the refusal",
    ]);
    const plain = { ...one, attempts: one.attempts.map((attempt) => ({ ...attempt, plain: true })) };
    expect((await judge(refusal(), plain)).join()).toMatch(/plain values were refused/);
  });
});

test("Vault's statements: replaced raw, split at every semicolon, whole with END, lists in JSON and base64", () => {
  const values = { name: "n", password: "p" };
  expect(sentByVault(["SELECT '{{name}}', ';{{password}}'"], values)).toEqual(["SELECT 'n', '", "p'"]);
  expect(sentByVault(["DO $$ BEGIN a; END $$"], values)).toEqual(["DO $$ BEGIN a; END $$"]);
  expect(sentByVault(["SELECT 'END;'; b"], values)).toEqual(["SELECT 'END", "'", "b"]);
  expect(sentByVault(['["a;b"]', Buffer.from("SELECT 1;b").toString("base64")], values)).toEqual([
    "a;b",
    "SELECT 1",
    "b",
  ]);
});
