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
