import { knownIn } from "../../../access/terraform/known";
import type { JsonObject } from "../../../access/terraform/json";

const document: JsonObject = {
  locals: { name: "shop", deep: { list: ["a", "${local.name}"] }, circle: "${local.circle}" },
  resource: {
    kubernetes_namespace_v1: { shop: { metadata: { name: "${local.name}" } } },
    vault_policy: { p: { name: "reader", policy: "${var.text}" } },
  },
};
const known = knownIn(document);

test.each([
  ["plain", "plain"],
  ["${local.name}", "shop"],
  ["a-${local.name}", "a-shop"],
  ["${local.deep.list[1]}", "shop"],
  ["${kubernetes_namespace_v1.shop.metadata[0].name}", "shop"],
  ["${kubernetes_namespace_v1.shop.metadata.0.name}", "shop"],
  ["${vault_policy.p.name}", "reader"],
  ['${jsonencode({"a" = "x", "b" = [1, true, null]})}', '{"a":"x","b":[1,true,null]}'],
  ['${yamldecode("kind: Pod\\nspec: {hostPID: true}")}', { kind: "Pod", spec: { hostPID: true } }],
  ['${jsondecode(jsonencode({"a" = local.name})).a}', "shop"],
  ['${merge({"a" = 1}, {"a" = 2})}', { a: 2 }],
  ['${concat(["a"], ["b"])}', ["a", "b"]],
  ['${join(",", ["a", "b"])}', "a,b"],
  ['${toset(["a"])}', ["a"]],
  ['${tobool("true")}', true],
  ['${"$${x}"}', "$${x}"],
])("%s is known", (said, value) => {
  expect(known(said)).toEqual(value);
});

test.each([
  "${var.x}",
  "${local.nothing}",
  "${local.circle}",
  "${each.value.x}",
  "${vault_policy.p}",
  "${vault_policy.p.id}",
  "${data.vault_policy.p.name}",
  "${module.m.x}",
  '${file("x")}',
  "${var.x ? 1 : 2}",
  "${[for x in var.y : x]}",
  "%{ if var.x }a%{ endif }",
])("%s is not, and stays code", (said) => {
  expect(known(said)).toMatch(/[$%]\{/);
});

test("of an object, what is known is known", () => {
  expect(known('${jsonencode({"password" = "hunter2", "user" = var.user, "z" = f("q")})}')).toBe(
    '{"password":"hunter2","user":"${var.user}","z":"${f()}"}',
  );
  expect(known({ a: ["${local.name}", { b: "${var.c}" }] })).toEqual({ a: ["shop", { b: "${var.c}" }] });
});

describe("a stack that wants to keep its reader busy does not", () => {
  const deep = (of: (next: string) => unknown): JsonObject => ({
    locals: Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`l${index}`, index === 11 ? "x" : of(`\${local.l${index + 1}}`)]),
    ) as JsonObject,
  });

  test("by texts", () => {
    const known = knownIn(deep((next) => next.repeat(60)));
    expect(String(known("${local.l0}")).length).toBeLessThan(1_000_000);
  });

  test("by lists", () => {
    const known = knownIn(deep((next) => Array.from({ length: 60 }, () => next)));
    expect(JSON.stringify(known("${local.l0}")).length).toBeLessThan(100_000_000);
  });
});
