import * as fc from "fast-check";
import {
  formatPattern,
  formatWorkload,
  NamePattern,
  ObjectPattern,
  parseObject,
  parseObjects,
  parsePrivilege,
  parseWorkload,
} from "../../access/questions/pattern";
import { hostileText } from "../support/arbitraries";

const is = (text: string): NamePattern => ({ text, open: false });
const starts = (text: string): NamePattern => ({ text, open: true });

describe("an object", () => {
  it.each<[string, ObjectPattern]>([
    ["shop", { database: is("shop") }],
    ["payments.*", { database: is("payments"), schema: starts("") }],
    ["shop.sales.wizard.name", { database: is("shop"), schema: is("sales"), name: is("wizard"), column: is("name") }],
    ["shop.sales.wizard(name)", { database: is("shop"), schema: is("sales"), name: is("wizard"), column: is("name") }],
    ['shop."odd.schema"."a ""b"""', { database: is("shop"), schema: is("odd.schema"), name: is('a "b"') }],
    ['shop."*".t*', { database: is("shop"), schema: is("*"), name: starts("t") }],
    ["main/shop.sales", { instance: is("main"), database: is("shop"), schema: is("sales") }],
    ["sequence shop.*.n", { kind: "sequence", database: is("shop"), schema: starts(""), name: is("n") }],
    [
      "function shop.sales.f(integer, text)",
      { kind: "function", database: is("shop"), schema: is("sales"), name: is("f(integer, text)") },
    ],
  ])("is read: %s", (text, expected) => expect(parseObject(text)).toEqual(expected));

  it("is read with several columns", () => {
    expect(parseObjects('shop.sales.customer(id, "full name")').map(({ column }) => column?.text)).toEqual([
      "id",
      "full name",
    ]);
    expect(() => parseObject("shop.sales.customer(id, country)")).toThrow(
      'object "shop.sales.customer(id, country)" names 2 columns: ask for one at a time',
    );
  });

  it.each([
    ["", 'object "" has its end where the next part is expected, at character 1: write database.schema.table.column'],
    ["shop..wizard", 'has "." where the next part is expected, at character 6'],
    ["shop.sales.", "has its end where the next part is expected, at character 12"],
    ["a.b.c.d.e", "has more than four parts, at character 9"],
    ['shop."sales', "has a double quote that is not closed, at character 6"],
    ['shop."".t', "has an empty name in quotes, at character 6"],
    ["shop.sales.my table", 'has " " where a "." or the end is expected, at character 14'],
    ["shop.s*s", 'has "s" where a "." or the end is expected, at character 8'],
    ["shop.sales.t(a", 'has its end where "," or ")" is expected, at character 15'],
    ["shop.sales.t()", 'has ")" where the column is expected, at character 14'],
    ["view shop.sales.t", 'starts with "view", which is not a kind'],
    ["schema shop", "has 1 part: a schema is written database.schema"],
    ["sequence shop.a.b.c", "has 4 parts: a sequence is written database.schema.sequence"],
    ["column shop.a.b", "has 3 parts: a column is written database.schema.table.column"],
  ])("is refused when malformed: %s", (text, message) => {
    expect(() => parseObject(text)).toThrow(message);
    expect(() => parseObject(text)).toThrow(expect.objectContaining({ name: "QuestionError" }));
  });

  it("comes back from how it is written, whatever its names hold", () => {
    const name = fc.record({ text: hostileText.filter((text) => text !== ""), open: fc.boolean() });
    const any = fc.oneof(name, fc.constant(starts("")));
    const pattern = fc
      .tuple(
        fc.constantFrom(undefined, "table" as const, "sequence" as const, "function" as const),
        fc.option(any, { nil: undefined }),
        fc.array(any, { minLength: 1, maxLength: 4 }),
      )
      .map(([kind, instance, parts]): ObjectPattern => {
        const [database, schema, called, column] = parts;
        return {
          ...(kind && parts.length < 4 && { kind }),
          ...(instance && { instance }),
          database,
          ...(schema && { schema }),
          ...(called && { name: called }),
          ...(column && { column }),
        };
      });
    fc.assert(
      fc.property(pattern, (given) => expect(parseObject(formatPattern(given))).toEqual(given)),
      { numRuns: 2000 },
    );
  });
});

describe("a workload", () => {
  it.each([
    ["*", "*"],
    ["shop/web", "shop/web"],
    ["*/shop/web", "shop/web"],
    ["eu/shop/web", "eu/shop/web"],
    ["e*/*/web-*", "e*/*/web-*"],
    ["*/*", "*"],
  ])("is read: %s", (text, written) => {
    expect(formatWorkload(parseWorkload(text))).toBe(written);
    expect(parseWorkload(formatWorkload(parseWorkload(text)))).toEqual(parseWorkload(text));
  });

  it.each([
    ["web", 'workload "web" has no namespace: write namespace/ServiceAccount'],
    ["a/b/c/d", "has 4 parts"],
    ["shop/", "has nothing as part 2"],
    ["shop/W", 'holds "W", which is neither a name that Kubernetes takes'],
    ["shop/w*b", 'holds "w*b"'],
  ])("is refused when malformed: %s", (text, message) => expect(() => parseWorkload(text)).toThrow(message));
});

it("reads privileges in either case, and lists them when there is none such", () => {
  expect([parsePrivilege("select"), parsePrivilege("ANY")]).toEqual(["SELECT", "ANY"]);
  expect(() => parsePrivilege("CREATE")).toThrow(
    'privilege "CREATE" cannot be granted: choose among ANY, CONNECT, TEMPORARY, USAGE, SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, EXECUTE',
  );
});
