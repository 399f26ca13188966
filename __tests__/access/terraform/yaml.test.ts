import * as fc from "fast-check";
import { parseAllDocuments, stringify } from "yaml";
import { yamlDocuments } from "../../../access/terraform/yaml";
import { yaml } from "../../../render/yaml";

/** As the library reads it, by the rules that Kubernetes reads by. */
function theirs(text: string): unknown[] | undefined {
  const all = parseAllDocuments(text, { version: "1.1", logLevel: "silent" });
  if (!Array.isArray(all) || all.some(({ errors }) => errors.length > 0)) return undefined;
  return all.map((one) => one.toJS() as unknown);
}

const READ = [
  "a: 1\nb: [x, 'y: z', \"q\\n\"]\nc: {d: e, f: }",
  "- a\n-  b: c\n   d: e\n- - x\n  - y\n-\n  z: 1",
  "spec:\n  containers:\n  - name: a # first\n    image: r:5000/a:1\n  - name: b\n    args: []\n  hostNetwork: true\n",
  "# only\na: yes\nb: 'yes'\nc: off\nd: ~\ne:\nf: null",
  "a: 0640\nb: 1.5\nc: -3\nd: 100Mi\ne: 1.21.1\nf: 2026-13",
  "data:\n  x: |\n    one\n      two\n\n    three\n  u: |-\n    last\nz: after",
  "kind: A\n---\nkind: B\n...\n---\nkind: C # c\n",
  "'quoted key': 'it''s'\n\"b\": http://x/y#z\nc: a#b",
  "a:\n- 1\n-\n- b\nc: d",
  "x: {a: 1, b: [1, {c: d}]}",
];

test.each(READ)("reads as the library does: %j", (text) => {
  expect(yamlDocuments(text)).toEqual(theirs(text));
});

test.each([
  "a: &x 1\nb: *x",
  "a: !!str 1",
  "a: >\n  folded\n  text",
  "a: one\n  two",
  "a: |2\n   x",
  "? a\n: b",
  "<<: {a: 1}",
  "a: 1\na: 2",
  "a: 0x0",
  "a: 1_000",
  "\ta: 1",
  "a: [1,\n  2]",
  "a: 'never",
  "a: b: c",
  "%YAML 1.1\n---\na: 1",
  "--- {a: 1}",
  "a: {{ .Values.x }}",
])("refuses what it does not read: %j", (text) => {
  expect(yamlDocuments(text)).toBeUndefined();
});

const key = fc.oneof(fc.stringMatching(/^[a-zA-Z][\w./-]{0,8}$/), fc.string({ maxLength: 6 }));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie("map"),
    tie("list"),
  ),
  map: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  list: fc.array(tie("value"), { maxLength: 4 }),
}));

test("what is written as YAML is read back, or refused, and never read otherwise", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }), (data) => {
      for (const text of [stringify(data, { version: "1.1" }), stringify(data, { version: "1.1", lineWidth: 0 })]) {
        const read = yamlDocuments(text);
        if (read !== undefined) expect(read).toEqual([JSON.parse(JSON.stringify(data))]);
      }
    }),
    { numRuns: 500 },
  );
});

test("a long line is refused, and not looked through for its key", () => {
  expect(yamlDocuments(`a${" ".repeat(1_000_000)}b`)).toBeUndefined();
});

test("what we write ourselves is read", () => {
  const data = { a: [{ b: "yes", c: [1, true, null] }], "d e": { f: "x: y\nz", g: [], h: {} } };
  expect(yamlDocuments(yaml(data))).toEqual([data]);
});
