import { namesFor, ruleFor } from "../../../access/rules/policy-match";
import { rulesOf } from "../../../access/rules/policy-text";

/** What a policy gives on a path. */
const gives = (text: string, path: string): readonly string[] | undefined => {
  const rules = rulesOf(text);
  expect(rules).toBeDefined();
  const found = ruleFor(rules ?? [], path)?.capabilities;
  return found && [...found].sort();
};

test("the rule of a policy that Vault takes is the most specific one", () => {
  const rules = rulesOf(`# a comment
    path "a/*" { capabilities = ["read"] }
    path "a/+/c" { capabilities = ["update"] allowed_parameters = { "x" = [] "y" = ["1"] } }
    path "a/b/c" { capabilities = ["deny"] }
    path "t/{{identity.entity.name}}/x" { policy = "write" }`);
  expect(rules).toHaveLength(4);
  const of = (path: string): readonly string[] | undefined => ruleFor(rules ?? [], path)?.capabilities;
  expect(of("a/b/c")).toEqual(["deny"]);
  expect(of("a/x/c")).toEqual(["update"]);
  expect(of("a/x/d")).toEqual(["read"]);
  expect(of("t/me/x")).toContain("update");
  expect(of("b")).toBeUndefined();
  expect(rules?.[1].parameters).toEqual(["x", "y"]);
});

test.each([
  ["two rules of one path", 'path "a/b" { capabilities = ["list"] } path "/a/b" { capabilities = ["read"] }'],
  ["two wildcards of one path", 'path "a/*" { capabilities = ["list"] } path "a/*" { capabilities = ["read"] }'],
  ["JSON with a path twice", '{"path": {"a/b": {"capabilities": ["list"]}, "a/b": {"capabilities": ["read"]}}}'],
  ["JSON with a list of rules", '{"path": {"a/b": [{"capabilities": ["list"]}, {"capabilities": ["read"]}]}}'],
  ["JSON with a list of paths", '{"path": [{"a/b": {"capabilities": ["list"]}}, {"a/b": {"capabilities": ["read"]}}]}'],
  [
    "JSON with path twice",
    '{"path": {"a/b": {"capabilities": ["list"]}}, "path": {"a/b": {"capabilities": ["read"]}}}',
  ],
  ["the old word beside capabilities", 'path "a/b" { capabilities = ["list"] policy = "read" }'],
  [
    "a parameter that is called like a key",
    'path "a/b" { allowed_parameters = { "capabilities" = [] } capabilities = ["list", "read"] }',
  ],
])("%s: what each gives counts", (_, text) => {
  expect(gives(text, "a/b")).toEqual(["list", "read"]);
});

test("of rules of one path, one that denies counts alone, and one without a list of parameters lets any pass", () => {
  expect(gives('path "a" { capabilities = ["read"] } path "a" { capabilities = ["deny"] }', "a")).toEqual(["deny"]);
  const rules = rulesOf(`path "a" { capabilities = ["update"] allowed_parameters = { "x" = [] } }
    path "a" { capabilities = ["update"] } path "b" { capabilities = ["update"] allowed_parameters = { "x" = [] } }
    path "b" { capabilities = ["update"] allowed_parameters = { "y" = [] } }`);
  expect(rules?.map(({ parameters }) => parameters)).toEqual([undefined, ["x", "y"]]);
});

test.each([
  "path what",
  "$$",
  'path "a" {',
  'path "a" { capabilities = ["read" }',
  'path = { "a" = { capabilities = ["read"] } }',
  'path "a" { capabilities = ["list"] capabilities = ["read"] }',
  'path "\\u0061" { capabilities = ["read"] }',
  'path "${a}" { capabilities = ["read"] }',
  'path "a" "b" { capabilities = ["read"] }',
  "path <<X\na\nX { }",
  '{"path": "a"}',
])("what is not understood is not taken for empty: %s", (text) => {
  expect(rulesOf(text)).toBeUndefined();
});

test.each(["any", "a*", "an+"])("a rule that denies %s does not hide that all others may be written", (denied) => {
  const rules = rulesOf(
    `path "a/+" { capabilities = ["update"] } path "a/${denied}" { capabilities = ["deny"] } path "a/b-*" { capabilities = ["deny"] }`,
  );
  expect(namesFor(rules ?? [], "a/any").map((path) => ruleFor(rules ?? [], path)?.capabilities)).toContainEqual([
    "update",
  ]);
});
