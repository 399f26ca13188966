import { App, DefaultTokenResolver, Lazy, StringConcat, TerraformStack, Token, Tokenization } from "cdktf";
import fc from "fast-check";
import { inspect } from "node:util";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { resolvingQuickly } from "../../../../constructs/private/cdktf/resolve";
import { ensureAccessCheck } from "../../../../constructs/synthesis/check";

const stack = new TerraformStack(new App(), "s");
const resolve = (value: unknown, preparing = false): unknown =>
  Tokenization.resolve(value, { scope: stack, preparing, resolver: new DefaultTokenResolver(new StringConcat()) });

/** What comes of it, or with which words it is refused. */
function outcome(work: () => unknown): unknown {
  try {
    return [work()];
  } catch (error) {
    return String(error).replace(/\n[^]*/, "");
  }
}

describe("a value is resolved as cdktf resolves it, to the byte and to the word", () => {
  const inner = { plain: "a", none: undefined, list: [undefined, "b", null] };
  const tokens: unknown[] = [
    Lazy.stringValue({ produce: () => "late" }),
    `before ${Lazy.stringValue({ produce: () => 'quoted "late"' })} \${after} \n`,
    Lazy.numberValue({ produce: () => 7 }),
    Lazy.listValue({ produce: () => ["x", "y"] }),
    Lazy.listValue({ produce: () => [] }, { omitEmpty: true }),
    Token.asNumberList({ resolve: () => [1, 2], creationStack: [] }),
    Lazy.anyValue({ produce: () => inner }),
    Lazy.anyValue({ produce: () => undefined }),
    Token.asStringMap({ resolve: () => ({ k: "v" }), creationStack: [] }),
    `${Token.asNumber({ resolve: () => 3, creationStack: [] })}`,
    `${Token.asNumber({ resolve: () => 3, creationStack: [] })} and 4`,
    ["a", Lazy.stringValue({ produce: () => "late" })],
    ["a", ...Lazy.listValue({ produce: () => ["x"] })],
    { [Lazy.stringValue({ produce: () => "key" })]: 1 },
    { [Lazy.stringValue({ produce: () => undefined as unknown as string })]: 1 },
    Lazy.anyValue({
      produce: () => {
        throw new Error("no");
      },
    }),
    () => 1,
    stack,
    "${TfToken[NOBODY.99999]}",
    "#{TfToken[NOBODY.99999]}",
    Token.STRING_MAP_TOKEN_VALUE,
    Token.ANY_MAP_TOKEN_VALUE,
    Token.NUMBER_MAP_TOKEN_VALUE,
    -1.5e300,
  ];
  const plain = [
    "",
    "${vault_policy.a.name}",
    "$${x}",
    "1e5",
    "sha-4e7",
    "-|e-",
    '"\\n',
    0,
    -5,
    NaN,
    true,
    null,
    undefined,
    new Date(0),
    inner,
    {},
    [],
  ];
  const leaf = fc.constantFrom(...plain, ...tokens);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 4 }) },
      {
        weight: 2,
        arbitrary: fc.dictionary(fc.constantFrom("a", "b", "1e5", "__proto__", "e"), tie("value"), { maxKeys: 4 }),
      },
    ),
  }));

  test.each(tokens.map((token) => [token]))("%p", (token) => {
    for (const given of [token, [token], { a: token }, [{ a: ["b", token] }]])
      expect(outcome(() => resolvingQuickly(() => resolve(given)))).toEqual(outcome(() => resolve(given)));
  });

  test("whatever is nested in what", () => {
    fc.assert(
      fc.property(value, fc.boolean(), (given, preparing) => {
        const quick = outcome(() => resolvingQuickly(() => resolve(given, preparing)));
        const plainly = outcome(() => resolve(given, preparing));
        expect(quick).toEqual(plainly);
        // In the same order, too.
        expect(inspect(quick, { depth: null })).toBe(inspect(plainly, { depth: null }));
      }),
      { numRuns: 500 },
    );
  });

  test("also what refers to itself, and what is nested too deep", () => {
    const circle: Record<string, unknown> = {};
    circle.again = circle;
    const nested = (depth: number): unknown => (depth === 0 ? "bottom" : [nested(depth - 1)]);
    for (const given of [circle, nested(199), nested(200), nested(201), nested(230)])
      expect(outcome(() => resolvingQuickly(() => resolve(given)))).toEqual(outcome(() => resolve(given)));
  });

  test("as a copy: what is done to it later is done to nothing else", () => {
    const given = { list: [{ a: 1 }] };
    const result = resolvingQuickly(() => resolve(given)) as typeof given;
    result.list[0].a = 2;
    expect(given.list[0].a).toBe(1);
  });

  test("and afterwards cdktf is as it was, whatever was thrown", () => {
    const before = Tokenization.resolve;
    expect(() =>
      resolvingQuickly(() => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(Tokenization.resolve).toBe(before);
  });
});

test("a stack is prepared and written through it: cdktf is left with what holds tokens", () => {
  const app = new App();
  const watched = new TerraformStack(app, "watched");
  ensureAccessCheck(watched);
  const value = Lazy.stringValue({ produce: () => "late" });
  for (let number = 0; number < 5; number++) new Policy(watched, `${number}`, { name: `${number}`, policy: value });
  const asked = jest.spyOn(Tokenization, "resolve");
  try {
    watched.prepareStack();
    watched.toTerraform();
    const values = asked.mock.calls.map(([given]: unknown[]) => given);
    expect(values.filter((given) => given === value)).toHaveLength(10);
    expect(values.filter((given) => !Token.isUnresolved(given))).toEqual([]);
  } finally {
    asked.mockRestore();
  }
});
