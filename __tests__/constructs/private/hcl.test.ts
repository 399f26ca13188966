import * as fc from "fast-check";
import { hclString, hclStrings } from "../../../constructs/private/hcl";
import { jsonencode } from "../../../constructs/private/terraform";
import { hostileText } from "../../support/arbitraries";
import { parseHcl, unescapeTemplate } from "../../support/terraform-text";

/** Terraform brings every string into this form (zclconf/go-cty, cty.StringVal). */
const nfc = (text: string): string => text.normalize("NFC");

describe("a string in HCL", () => {
  test.each([
    ["plain", '"plain"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["back\\slash", '"back\\\\slash"'],
    ["a\nb\rc\td", '"a\\nb\\rc\\td"'],
    ["\u0000\u001f\u007f", '"\\u0000\\u001f\\u007f"'],
    ["${var.x} %{if}", '"$${var.x} %%{if}"'],
    ["$${x}", '"$$${x}"'],
    ["$ % {", '"$ % {"'],
  ])("%j is written %s", (value, text) => {
    expect(hclString(value)).toBe(text);
  });

  test("comes back exactly from HashiCorp's parser, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (a, b) => {
        // hcl2json writes the placeholder for a token of cdktf as such; neither is a string that reaches Terraform.
        fc.pre(![a, b].some((text) => text.includes("TfToken")));
        const parsed = await parseHcl(`value = ${hclStrings([a, b])}\n`);
        expect(Object.keys(parsed)).toEqual(["value"]);
        expect((parsed.value as string[]).map(unescapeTemplate)).toEqual([a, b].map(nfc));
      }),
      { numRuns: 300 },
    );
  });

  test("stays on its line", () => {
    fc.assert(fc.property(hostileText, (value) => !/[\n\r\0]/.test(hclString(value))));
  });
});

describe("jsonencode", () => {
  test("is one expression that Terraform evaluates to the object", () => {
    expect(jsonencode({ username: hclString('a"b'), password: "ephemeral.random_password.p.result" })).toBe(
      '${jsonencode({"username" = "a\\"b", "password" = ephemeral.random_password.p.result})}',
    );
  });

  test("keeps hostile keys and values inside their strings", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, hostileText, async (key, value) => {
        fc.pre(![key, value].some((text) => text.includes("TfToken")));
        const text = jsonencode({ [key]: hclString(value) });
        const inner = /^\$\{jsonencode\((\{[\s\S]*\})\)\}$/.exec(text)?.[1] as string;
        const parsed = (await parseHcl(`object = ${inner}\n`)) as { object: Record<string, string> };
        expect(Object.entries(parsed.object).map((pair) => pair.map(unescapeTemplate))).toEqual([
          [key, value].map(nfc),
        ]);
      }),
      { numRuns: 200 },
    );
  });
});
