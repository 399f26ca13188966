import { parse } from "@cdktf/hcl2json";

/** What a template without interpolations means: `$${` is `${`, read from the left (HCL specification, Templates). */
export function unescapeTemplate(text: string): string {
  let meaning = "";
  for (let at = 0; at < text.length;) {
    if (/^(\$\$|%%)\{/.test(text.slice(at, at + 3))) {
      meaning += text.slice(at + 1, at + 3);
      at += 3;
    } else if (/^[$%]\{/.test(text.slice(at, at + 2))) {
      throw new Error(`an interpolation starts at ${JSON.stringify(text.slice(at, at + 20))}`);
    } else meaning += text[at++];
  }
  return meaning;
}

/** HCL as JSON, by HashiCorp's own parser. Strings come back as Terraform's JSON syntax holds them. */
export async function parseHcl(text: string): Promise<Record<string, unknown>> {
  return (await parse("test.tf", text)) as Record<string, unknown>;
}
