// Terraform and OpenTofu initialise and validate the example's stacks, where they can be had: `npm run nightly` does it, or
// `node tools/validate-stacks.mjs` alone. What is not there is named, and never counts as passed.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const STACKS = fileURLToPath(new URL("../__tests__/golden/shop", import.meta.url));
const ENGINES = [
  { name: "Terraform", command: "terraform", variable: "LEASEHOLD_TERRAFORM" },
  { name: "OpenTofu", command: "tofu", variable: "LEASEHOLD_TOFU" },
];

/** Each stack of the example, as it is synthesized. */
function stacks() {
  return readdirSync(STACKS)
    .filter((file) => file !== "access.json")
    .map((file) => ({ name: file.replace(/\.json$/, ""), json: JSON.parse(readFileSync(join(STACKS, file), "utf8")) }));
}

/**
 * A stack with a password where a state would keep it: each engine must refuse it. This shows that the engine knows ephemeral
 * values, and that it looked at what it accepts.
 */
function leaking({ name, json }) {
  const copy = JSON.parse(JSON.stringify(json));
  const [entry] = Object.keys(copy.ephemeral.vault_kv_secret_v2);
  const [policy] = Object.values(copy.resource.vault_policy);
  policy.policy = `\${ephemeral.vault_kv_secret_v2.${entry}.data.password}`;
  return { name: `${name}, with a password in a policy`, json: copy };
}

/** Initialises and validates one stack in a folder of its own. */
function validate(binary, { json }, folder, cache) {
  mkdirSync(folder);
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(json));
  const env = { ...process.env, TF_PLUGIN_CACHE_DIR: cache, TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1" };
  for (const args of [
    ["init", "-backend=false", "-input=false", "-no-color"],
    ["validate", "-no-color"],
  ]) {
    const ran = spawnSync(binary, args, { cwd: folder, encoding: "utf8", env, timeout: 600_000 });
    if (ran.status !== 0) return { step: args[0], output: `${ran.stdout ?? ""}${ran.stderr ?? ""}${ran.error ?? ""}` };
  }
  return undefined;
}

/** Stacks by one engine: those that it refuses, and the one with the leak if it takes it. */
function judge({ name }, binary, folder) {
  const all = stacks();
  const cache = join(folder, "cache");
  mkdirSync(cache, { recursive: true });
  let failed = 0;
  const fail = (what) => {
    failed++;
    console.error(`${name}: ${what}`);
  };
  for (const stack of all) {
    const refused = validate(binary, stack, join(folder, stack.name), cache);
    if (refused) fail(`${refused.step} of the stack ${stack.name} failed\n${refused.output.trim()}`);
  }
  const leak = leaking(all.find((stack) => stack.name === "access-shop"));
  const refused = validate(binary, leak, join(folder, "leak"), cache);
  if (refused?.step !== "validate" || !/ephemeral/i.test(refused.output))
    fail(`${leak.name} was not refused as an ephemeral value: ${refused?.output.trim() ?? "it is valid"}`);
  return { passed: all.length + 1 - failed, failed };
}

/** @returns what was judged by which engine, and which engines are not there */
export function validateStacks() {
  const total = { passed: 0, failed: 0, missing: [] };
  for (const engine of ENGINES) {
    const binary = process.env[engine.variable] ?? engine.command;
    const version = spawnSync(binary, ["version"], { encoding: "utf8", timeout: 60_000 }).stdout?.split("\n")[0] ?? "";
    if (!version.startsWith(`${engine.name} v`)) {
      total.missing.push(engine.name);
      console.log(`${engine.name}: not tried, since ${binary} is not it. Name one in ${engine.variable}.`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), "leasehold-validate-"));
    try {
      const { passed, failed } = judge(engine, binary, folder);
      console.log(`${version}: ${passed} of ${passed + failed} stacks judged as they should be`);
      total.passed += passed;
      total.failed += failed;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return total;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = validateStacks().failed > 0 ? 1 : 0;
