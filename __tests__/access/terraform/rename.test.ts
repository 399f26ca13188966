import fc from "fast-check";
import { renameInExpression, renameInTemplate } from "../../../access/terraform/rename";

const known = new Map([
  ["vault_mount.kv", "M"],
  ["data.vault_mount.kv", "D"],
  ["ephemeral.random_password.x-1", "E"],
  ["module.a", "m"],
  ["var.v", "V"],
]);
const rename = (address: string): string | undefined => {
  const name = known.get(address);
  return name && `<${name}>`;
};

describe("in a template, addresses stand in its expressions only", () => {
  test.each([
    ["vault_mount.kv", "vault_mount.kv"],
    ["${vault_mount.kv.path}", "${<M>.path}"],
    ["a ${vault_mount.kv.path} vault_mount.kv ${var.v}", "a ${<M>.path} vault_mount.kv ${<V>}"],
    ["$${vault_mount.kv.path}", "$${vault_mount.kv.path}"],
    ["%%{vault_mount.kv.path}", "%%{vault_mount.kv.path}"],
    ["$$${vault_mount.kv.path}", "$$${vault_mount.kv.path}"],
    ["%{ if var.v }x%{ endif }", "%{ if <V> }x%{ endif }"],
    ["${data.vault_mount.kv.path}", "${<D>.path}"],
    ["${ephemeral.random_password.x-1.result}", "${<E>.result}"],
    ["${module.a.out}${module.b.out}", "${<m>.out}${module.b.out}"],
    [
      '${jsonencode({a = "vault_mount.kv", b = vault_mount.kv.path})}',
      '${jsonencode({a = "vault_mount.kv", b = <M>.path})}',
    ],
    ['${f("x ${vault_mount.kv.path} \\" } $${var.v}")}', '${f("x ${<M>.path} \\" } $${var.v}")}'],
    ["${[for k, v in {a = {b = 1}} : var.v]} var.v", "${[for k, v in {a = {b = 1}} : <V>]} var.v"],
    ["${a.vault_mount.kv}", "${a.vault_mount.kv}"],
    ["${other_vault_mount.kv}", "${other_vault_mount.kv}"],
    ["${vault_mount.kv2.path}", "${vault_mount.kv2.path}"],
    ["${vault_mount.kv[0].path}", "${<M>[0].path}"],
  ])("%s", (text, expected) => expect(renameInTemplate(text, rename)).toBe(expected));

  test("and a bare expression is one throughout", () => {
    expect(renameInExpression("vault_mount.kv.id", rename)).toBe("<M>.id");
    expect(renameInExpression("vault_mount.kv} var.v", rename)).toBe("<M>} <V>");
  });
});

test("nothing is lost: where no address is known, a text is what it was, whole or broken off", () => {
  const piece = fc.constantFrom(
    "${",
    "%{",
    "}",
    "{",
    '"',
    "\\",
    "$${",
    "a.b.c",
    "vault_mount.kv",
    ".",
    "-",
    " ",
    "é",
    "x",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      expect(renameInTemplate(text, () => undefined)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
