import { Lazy, TerraformStack } from "cdktf";
import * as fc from "fast-check";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { Construct } from "constructs";
import { address, dependOn, EphemeralResource, idOf, literal } from "../../../constructs/private/terraform";
import { parseTemplate } from "../../../bench/rehearse/expressions";
import { hostileText } from "../../support/arbitraries";
import { inStack } from "../../support/program";
import { parseHcl, unescapeTemplate } from "../../support/terraform-text";

const policy = (scope: Construct, id: string, text = ""): Policy => new Policy(scope, id, { name: id, policy: text });

describe("literal text in Terraform's JSON", () => {
  test.each([
    ["plain", "plain"],
    ["${a}", "$${a}"],
    ["%{a}", "%%{a}"],
    ["$${a}", "$$${a}"],
    ["$ {", "$ {"],
    ["{{name}}", "{{name}}"],
  ])("%j is %j", (value, text) => {
    expect(literal(value)).toBe(text);
  });

  test("means itself, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (value) => {
        fc.pre(!value.includes("TfToken"));
        const text = literal(value);
        expect(unescapeTemplate(text)).toBe(value);
        // As one string of HCL, by HashiCorp's parser: were there an interpolation, it would not come back the same.
        const quoted = JSON.stringify(text).replace(/\u007f/g, "\\u007f");
        expect((await parseHcl(`a = ${quoted}\n`)).a).toBe(text.normalize("NFC"));
        expect(parseTemplate(text, {} as never)).toEqual({ kind: "literal", value });
      }),
      { numRuns: 300 },
    );
  });

  test("keeps the tokens in it, and nothing else that looks like an interpolation", () => {
    const stack = inStack((scope) => {
      const first = policy(scope, "first");
      policy(scope, "second", literal(`${first.id} \${first.id}`));
      policy(scope, "third", literal(Lazy.stringValue({ produce: () => literal("late ${x}") })));
    });
    expect(stack.resources("vault_policy")).toMatchObject({
      second: { policy: "${vault_policy.first.id} $${first.id}" },
      third: { policy: "late $${x}" },
    });
  });
});

describe("an ephemeral block", () => {
  test("stands beside the resources, with plain addresses in depends_on", () => {
    const stack = inStack((scope) => {
      const folder = new Construct(scope, "folder");
      const b = policy(folder, "b");
      const a = policy(folder, "a");
      const value = new EphemeralResource(folder, "Value", "vault_kv_secret_v2", { mount: "m", name: "n" }, [b, a]);
      policy(scope, "consumer", value.reference("data.password"));
      new EphemeralResource(folder, "Free", "random_password", { length: 40 });
    });
    const [id, block] = Object.entries(stack.ephemerals("vault_kv_secret_v2"))[0];
    expect(block).toEqual({
      mount: "m",
      name: "n",
      depends_on: [...stack.all.keys()].filter((key) => /folder_[ab]_/.test(key)).sort(),
    });
    expect(block.depends_on).toHaveLength(2);
    expect(stack.resources("vault_policy").consumer.policy).toBe(
      `\${ephemeral.vault_kv_secret_v2.${id}.data.password}`,
    );
    expect(Object.values(stack.ephemerals("random_password"))).toEqual([{ length: 40 }]);
  });
});

describe("late dependencies", () => {
  test("are plain addresses, without doubles, in an order that does not tell when they were added", () => {
    const made = (order: readonly string[]): unknown =>
      inStack((scope) => {
        const all = Object.fromEntries(["a", "b", "c", "z"].map((id) => [id, policy(scope, id)]));
        for (const id of order) dependOn(all.z, all[id]);
        expect(address(all.a)).toBe("vault_policy.a");
      }).resources("vault_policy").z.depends_on;
    const expected = ["vault_policy.a", "vault_policy.b", "vault_policy.c"];
    expect(made(["c", "a", "b", "a"])).toEqual(expected);
    expect(made(["a", "b", "c"])).toEqual(expected);
  });

  test("keep those that were given with the resource", () => {
    const stack = inStack((scope) => {
      const a = policy(scope, "a");
      const z = new Policy(scope, "z", { name: "z", policy: "", dependsOn: [policy(scope, "b")] });
      dependOn(z, a);
    });
    expect(stack.resources("vault_policy").z.depends_on).toEqual(
      expect.arrayContaining(["vault_policy.a", "vault_policy.b"]),
    );
  });
});

describe("dependencies that the user sets himself", () => {
  test("replace what was added before, and are kept by what is added after", () => {
    const stack = inStack((scope) => {
      const [a, b, c, z] = ["a", "b", "c", "z"].map((id) => policy(scope, id));
      dependOn(z, a);
      z.dependsOn = ["vault_policy.c"];
      expect(z.dependsOn).toEqual(["vault_policy.c"]);
      dependOn(z, b, c);
      expect(z.dependsOn).toEqual(["vault_policy.b", "vault_policy.c"]);
      z.dependsOn?.push("vault_policy.a");
    });
    expect(stack.resources("vault_policy").z.depends_on).toEqual([
      "vault_policy.b",
      "vault_policy.c",
      "vault_policy.a",
    ]);
  });
});

describe("a construct id", () => {
  test("is legible where the parts are plain", () => {
    expect(idOf("table", "sales", "wizard")).toBe("table sales wizard");
    expect(idOf("sequence", "sales", "*")).toBe("sequence sales *");
  });

  test("differs for different parts and can be used, whatever they are", () => {
    const part = fc.oneof(fc.stringMatching(/^[ab /*.-]{1,4}$/), hostileText);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        (a, b) => {
          expect(idOf(...a) === idOf(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
          expect(idOf(...a)).toMatch(/^[A-Za-z0-9_. ()*-]+$/);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("gives an address of its own below a folder, also where only the letters differ that an address cannot hold", () => {
    const stack = inStack((scope: TerraformStack) => {
      const folder = new Construct(scope, "folder");
      for (const name of ["a b", "a.b", "a/b", "ab", "a  b"]) policy(folder, idOf(name));
    });
    expect(stack.all.size).toBe(5);
  });
});
