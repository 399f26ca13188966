import fc from "fast-check";
import { escaped, holdsCode, parseTemplate, referenceOf, unescaped } from "../../../access/terraform/expression";
import { bareAddress, piecesOf, templateOf, textOf, tokensOf } from "../../../access/terraform/tokens";

const where = { error: (problem: string) => new Error(problem) };
const broken = fc
  .array(fc.constantFrom(...'${|%{|}|{|"|\\|$${|a.b.c|/*|*/|#|//|\n| |[|]|1.5|-|==|...|?|é|😀|\ud800|x'.split("|")), {
    maxLength: 14,
  })
  .map((pieces) => pieces.join(""));

test("whatever a text is, it comes back from its pieces and from its tokens", () => {
  fc.assert(
    fc.property(broken, (text) => {
      expect(templateOf(piecesOf(text))).toBe(text);
      expect(textOf(tokensOf(text))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("an escaped text holds no code, and is read as it was", () => {
  fc.assert(
    fc.property(broken, (text) => {
      expect(holdsCode(escaped(text))).toBe(false);
      expect(unescaped(escaped(text))).toBe(text);
      expect(parseTemplate(escaped(text), where)).toEqual({ kind: "literal", value: text });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["${ a . b /* } */ }", "a.b"],
  ["a.b # } c", "a.b"],
  ['${f("}")}', 'f("}")'],
  ["vault", "vault"],
])("the address %s is %s without spaces and comments", (text, address) => expect(bareAddress(text)).toBe(address));

test("a comment ends no expression and opens no string", () => {
  expect(piecesOf('${a /* " } */ + 1}z').map(({ kind }) => kind)).toEqual(["code", "text"]);
  expect(piecesOf("${a // }\n}z").map(({ kind }) => kind)).toEqual(["code", "text"]);
});

test("a reference is one path, bare or as an interpolation", () => {
  expect(referenceOf("vault_mount.kv")).toEqual(["vault_mount", "kv"]);
  expect(referenceOf('${a.b["c"].0}')).toEqual(["a", "b", "c", 0]);
  expect([referenceOf("${a.b} c"), referenceOf("${f(a)}"), referenceOf("${a.b"), referenceOf("")]).toEqual(
    Array.from({ length: 4 }),
  );
});

test.each([
  ["${1 ? 2 : 3}", 'an expression of a kind that is not read: unexpected "?"'],
  ["${a[b.c]}", "an index must be a literal string or number"],
  ['${"\\q"}', "unknown escape \\q in a quoted string"],
  ['${"\\u00"}', "unknown escape \\u in a quoted string"],
  ["${(a}", 'expected ")" in an expression'],
  ["${{a}}", "expected = or : in an object constructor"],
  ["${}", "an expression ends too early"],
  ["${[a b]}", 'an expression of a kind that is not read: unexpected "b"'],
])("%s is refused, and why", (text, problem) => expect(() => parseTemplate(text, where)).toThrow(problem));
