// The program that somebody without the library would write for the same resources: what Leasehold synthesized, with the classes of the
// providers. Ephemeral blocks and depends_on are left out. So both sides of a comparison make the same resources and providers, and their
// compilers read the same classes.
const { readdirSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** Arguments whose keys are anybody's, and stay as they are. */
const MAPS = new Set(["labels", "annotations", "match_labels", "data", "requests", "limits", "node_selector"]);

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** What a resource says of its stack and of other blocks: no argument of its class. */
const APART = new Set(["//", "depends_on", "provider"]);

/** A block's arguments under the names that the classes have. */
function named(value, key) {
  if (Array.isArray(value)) return value.map((entry) => named(entry, key));
  // The selector of a Service is a map; those of other kinds have `match_labels` in it.
  const map = MAPS.has(key) || (key === "selector" && value?.match_labels === undefined);
  if (typeof value !== "object" || value === null || map) return value;
  const own = Object.entries(value).filter(([name]) => !APART.has(name));
  return Object.fromEntries(own.map(([name, entry]) => [camel(name), named(entry, name)]));
}

/** The class of a block's type, and the module that it comes from. */
function classOf(type) {
  const [, provider, name] = /^([a-z]+)_(\w+)$/.exec(type);
  // cdktf calls it so, because a class cannot have the name of JavaScript's own.
  const own = name === "function" ? "function_resource" : name;
  const pascal = name === "provider" ? camel(`_${type}`) : camel(`_${own}`);
  return { name: pascal, from: `@cdktf/provider-${provider}/lib/${own.replaceAll("_", "-")}` };
}

/** The Terraform JSON of each stack in a folder that a synthesis wrote. */
const stacksIn = (outdir) =>
  readdirSync(join(outdir, "stacks")).map((name) => {
    const { resource = {}, provider = {} } = JSON.parse(
      readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8"),
    );
    return { name, resource, provider };
  });

/** How many resources of each type there are in a folder that a synthesis wrote, as a text. */
function resourcesOf(outdir) {
  const counted = {};
  for (const { resource } of stacksIn(outdir))
    for (const [type, blocks] of Object.entries(resource))
      counted[type] = (counted[type] ?? 0) + Object.keys(blocks).length;
  return Object.keys(counted)
    .sort()
    .map((type) => `${counted[type]} ${type}`)
    .join(", ");
}

/** The modules of all classes that somebody would need for what is in the folder. */
function modulesFor(outdir) {
  const types = stacksIn(outdir).flatMap(({ resource, provider }) => [
    ...Object.keys(resource),
    ...Object.keys(provider).map((name) => `${name}_provider`),
  ]);
  return [...new Set(types.map((type) => classOf(type).from))];
}

/** The program. */
function asWritten(outdir) {
  const imports = new Map();
  const use = (type) => {
    const { name, from } = classOf(type);
    imports.set(name, from);
    return name;
  };
  const written = stacksIn(outdir).map(({ name: stack, resource, provider }) => {
    const make = (type, id, block) =>
      `  new ${use(type)}(stack, ${JSON.stringify(id)}, ${JSON.stringify(named(block), undefined, 2)});`;
    const providers = Object.entries(provider).flatMap(([name, blocks]) =>
      blocks.map((block, index) => make(`${name}_provider`, `${name} ${index}`, block)),
    );
    const resources = Object.entries(resource).flatMap(([type, blocks]) =>
      Object.entries(blocks).map(([id, block]) => make(type, id, block)),
    );
    const all = [...providers, ...resources].join("\n");
    return `{\n  const stack = new TerraformStack(app, ${JSON.stringify(stack)});\n${all}\n}`;
  });
  const lines = [...imports].map(([name, from]) => `import { ${name} } from "${from}";`);
  return `import { App, TerraformStack } from "cdktf";\n${lines.join("\n")}\n\nconst app = new App();\n${written.join("\n")}\napp.synth();\n`;
}

module.exports = { asWritten, modulesFor, resourcesOf };
