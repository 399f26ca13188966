import { App, TerraformStack } from "cdktf";
import * as constructs from "../../../constructs";
import * as stacks from "../../../stacks";

/** Every exported class but errors, which a program catches and does not make. */
const CLASSES = Object.entries({ ...constructs, ...stacks }).filter(
  ([name, value]) =>
    typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value)) && !name.endsWith("Error"),
) as [string, (new (...given: unknown[]) => unknown) & Record<string, unknown>][];

/** What plain JavaScript can give in place of anything. */
const WRONG: readonly unknown[] = [undefined, null, 42, NaN, "", true, [], {}, () => 1, new Date(0)];

let stack: TerraformStack;
let count = 0;

/** What a program is told, or undefined where nothing is wrong yet: synthesis says it then. */
function told(work: (app: App) => unknown): Error | undefined {
  const app = new App({ outdir: "unused" });
  stack = new TerraformStack(app, `s${count++}`);
  try {
    work(app);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** JavaScript's own words say neither whose the value is nor what to do. */
function expectWords(what: string, error: Error | undefined): void {
  if (error === undefined) return;
  const said = `${what}: ${error.constructor.name}: ${error.message}`;
  expect(said).not.toMatch(
    /: (Type|Range|Reference)Error: |Cannot (read|set|convert|destructure)|is not (a function|iterable)/,
  );
}

test("the list of classes is not empty", () => expect(CLASSES.length).toBeGreaterThan(40));

describe.each(CLASSES)("%s, made with what the types forbid", (name, Class) => {
  test("says what is wrong in words of its own", () => {
    for (const wrong of WRONG) {
      expectWords(
        `new ${name}(wrong)`,
        told(() => new Class(wrong)),
      );
      expectWords(
        `new ${name}(wrong, id, {})`,
        told(() => new Class(wrong, "x", {})),
      );
      expectWords(
        `new ${name}(scope, wrong, {})`,
        told(() => new Class(stack, wrong, {})),
      );
      expectWords(
        `new ${name}(scope, id, wrong)`,
        told(() => new Class(stack, "x", wrong)),
      );
    }
  });

  test("and so does each of its static methods", () => {
    const methods = Object.getOwnPropertyNames(Class).filter(
      (member) => typeof Class[member] === "function" && !member.startsWith("_"),
    );
    for (const method of methods) {
      const call = (...given: unknown[]): unknown =>
        (Class[method] as (...given: unknown[]) => unknown).apply(Class, given);
      for (const wrong of WRONG) {
        expectWords(
          `${name}.${method}(wrong)`,
          told(() => call(wrong)),
        );
        expectWords(
          `${name}.${method}(wrong, id, {})`,
          told(() => call(wrong, "x", {})),
        );
        expectWords(
          `${name}.${method}(scope, id, wrong)`,
          told(() => call(stack, "x", wrong)),
        );
      }
    }
  });
});

test("a scope that is none is named with the remedy", () => {
  const wrong = undefined as unknown as TerraformStack;
  expect(() => new constructs.KubernetesAuth(wrong, "eu")).toThrow(
    /the scope of a KubernetesAuth is undefined, not a construct[^]*the stack or construct that it is part of comes first/,
  );
  expect(() => constructs.PostgresInstance.fromEndpoint(wrong, "main", {} as never)).toThrow(
    /the scope of a PostgresInstance is undefined, not a construct/,
  );
  expect(told(() => new constructs.KubernetesAuth(stack, 7 as unknown as string))?.message).toMatch(
    /the id of a KubernetesAuth is 7, a number, not a string[^]*give an id, such as "web"/,
  );
});

test("what only another class makes is named with what makes it", () => {
  const SchemaRef = constructs.SchemaRef as unknown as new (access: unknown, name: string) => unknown;
  expect(() => new SchemaRef({}, "sales")).toThrow(/write access\.schema\("sales"\)/);
});

/** A small program, and what programs call of it. */
function program(): Record<string, object> {
  const { AdminCredential, DatabaseAccess, KubernetesAuth, PostgresDatabase, PostgresInstance } = constructs;
  stack = new TerraformStack(new App({ outdir: "unused" }), "s");
  const cluster = KubernetesAuth.fromAttributes(stack, "eu");
  const identity = new constructs.WorkloadIdentity(stack, "web", { cluster, namespace: "shop" });
  const endpoint = { host: "pg.example.com" };
  const instance = PostgresInstance.fromEndpoint(stack, "main", {
    endpoint,
    majorVersion: 18,
    admin: AdminCredential.fromKv("admin"),
  });
  const database = PostgresDatabase.fromDatabaseName(stack, "shop", { instance, owner: "shop_owner" });
  const access = new DatabaseAccess(stack, "access", { database });
  const elsewhere = DatabaseAccess.fromMount(stack, "hr", {
    mountPath: "database/main/hr",
    databaseName: "hr",
    endpoint,
  });
  const schema = access.schema("sales");
  const table = schema.table("wizard", { columns: ["name", "email"] });
  const [columns, all, sequence, fn] = [
    table.columns("name"),
    schema.allTables(),
    schema.sequence("s"),
    schema.function("f"),
  ];
  return {
    ...{ identity, access, elsewhere, schema, table, edge: access.access(identity) },
    ...{ "access.grants": access.grants, "table.grants": table.grants, "columns.grants": columns.grants },
    ...{ "all.grants": all.grants, "sequence.grants": sequence.grants, "function.grants": fn.grants },
  };
}

/** The public methods of an object, those of constructs left out. */
function methodsOf(of: object): string[] {
  const classes: object[] = [];
  for (let at: object = of; at.constructor.name !== "Construct" && at !== Object.prototype;)
    classes.push((at = Object.getPrototypeOf(at) as object));
  return classes
    .filter((each) => !["Construct", "Object"].includes(each.constructor.name))
    .flatMap((each) => Object.entries(Object.getOwnPropertyDescriptors(each)))
    .flatMap(([name, { value }]) => (typeof value === "function" && /^(?!constructor$)[a-z]/.test(name) ? [name] : []));
}

/** Methods that are private by TypeScript's word only. */
const PRIVATE = ["part", "allPolicies", "orderGrants", "checkGroupName", "addAccess"];

test.each(Object.keys(program()))("the methods of %s say what is wrong in words of their own", (name) => {
  const methods = methodsOf(program()[name]).filter((method) => !PRIVATE.includes(method));
  expect(methods).not.toEqual([]);
  const made = program();
  const target = made[name] as Record<string, (...args: unknown[]) => unknown>;
  for (const method of methods)
    for (const wrong of WRONG)
      for (const given of [[wrong], [wrong, wrong], ["SELECT", wrong], [["SELECT"], wrong], [[wrong], made.identity]])
        expectWords(
          `${name}.${method}(${given.map(String).join()})`,
          told(() => target[method](...given)),
        );
});

const KEY = { cluster: "eu", namespace: "shop", serviceAccount: "web" };
const REPORT = { graph: { identities: [], databases: [], edges: [], deliveries: [] }, unclassified: [], notJudged: [] };

/** What each function of the package takes. */
const FUNCTIONS: Record<string, readonly unknown[]> = {
  accessGraphOf: [],
  accessReportOf: [],
  findingsOf: [],
  ...{ diffReports: [REPORT, REPORT], grows: [{ verdicts: [] }], parseReport: ["{}"] },
  ...{ formatFinding: [{ sources: [] }], formatObject: [{ kind: "database" }] },
  ...{
    whoCan: [REPORT.graph, "SELECT", "shop", "*"],
    whatCan: [REPORT.graph, "*"],
    why: [REPORT.graph, "*", "SELECT", "shop"],
  },
  ...{ identityId: [KEY], authRoleName: [KEY], databaseRoleName: [KEY], policyName: [KEY, "database/main/shop"] },
  ...{ groupRoleName: [KEY, "shop"], schemaWideRoleName: [KEY, "shop"], estateRoleName: ["shop"] },
  ...{ vaultLoginName: ["shop"], vaultLoginEntry: ["main", "shop"], adminEntry: ["main"], mountPath: ["main", "shop"] },
  ...{ operatorRules: ["database/main/shop", {}], renderPolicy: [[]] },
};
const CALLABLE = Object.entries({ ...constructs, ...stacks }).filter(
  ([, value]) => typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value)),
) as [string, (...given: unknown[]) => unknown][];

test("every function is tried", () =>
  expect(CALLABLE.map(([name]) => name).sort()).toEqual(Object.keys(FUNCTIONS).sort()));

describe.each(CALLABLE)("%s(), called with what the types forbid", (name, call) => {
  const valid = FUNCTIONS[name];
  test("says what is wrong in words of its own", () => {
    for (const wrong of [...WRONG, program().identity])
      for (const place of valid.length === 0 ? [0] : valid.keys())
        expectWords(
          `${name}(${String(wrong)} as argument ${place})`,
          told(() => call(...valid.slice(0, place), wrong, ...valid.slice(place + 1))),
        );
  });

  if (!name.endsWith("Name") && !name.endsWith("Entry") && !["identityId", "mountPath"].includes(name)) return;
  test("gives no name of nobody", () => {
    for (const wrong of [undefined, null, 42, [], {}, program().identity])
      for (const place of valid.keys())
        expect(() => call(...valid.slice(0, place), wrong, ...valid.slice(place + 1))).toThrow(/is .*: give/);
  });
});

test("a list in place of texts, and a text in place of a list, are findings", () => {
  const { access, identity } = program();
  const table = (access as constructs.DatabaseAccess).schema("sales").table("wizard", { columns: ["name"] });
  table.grants.custom("SELECT" as never, identity as constructs.WorkloadIdentity);
  table.columnsExcept(["name"] as never);
  expect(constructs.findingsOf(stack).map(({ message, fix }) => `${message}; ${fix}`)).toEqual(
    expect.arrayContaining([
      'the privileges of a grant are "SELECT", a string, not a list; write them as a list: custom(["SELECT"], identity)',
      "column a list is not a string; name it as PostgreSQL has it, without quotes",
    ]),
  );
});
