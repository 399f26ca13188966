import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leasehold } from "../../cli/fake-io";

/** The command over a program of two stacks, of which one is this. */
async function over(resources: object, args: string[] = []): Promise<{ code: number; out: string; err: string }> {
  const out = mkdtempSync(join(tmpdir(), "leasehold-deployer-"));
  try {
    const stacks = {
      a: { resource: resources },
      b: { resource: { vault_policy: { p: { name: "other", policy: "" } } } },
    };
    for (const [name, document] of Object.entries(stacks)) {
      mkdirSync(join(out, "stacks", name), { recursive: true });
      writeFileSync(join(out, "stacks", name, "cdk.tf.json"), JSON.stringify(document));
    }
    const paths = Object.keys(stacks).map((name) => [name, { synthesizedStackPath: `stacks/${name}/cdk.tf.json` }]);
    writeFileSync(join(out, "manifest.json"), JSON.stringify({ stacks: Object.fromEntries(paths) as object }));
    return await leasehold(["deployer", "--out", out, ...args]);
  } finally {
    rmSync(out, { recursive: true });
  }
}

test("a reference to a plain name is followed; rules of one path are one", async () => {
  const { code, out } = await over(
    {
      vault_auth_backend: { eu: { type: "kubernetes", path: "kubernetes-eu" } },
      vault_kubernetes_auth_backend_config: { eu: { backend: "${vault_auth_backend.eu.path}" } },
    },
    ["--stack", "a"],
  );
  expect(code).toBe(0);
  expect(out).toContain('path "auth/kubernetes-eu/config" {\n  capabilities = ["read", "update"]\n}');
  expect(out).not.toContain("other");
});

test.each([
  [
    { vault_identity_group: { g: { name: "g" } } },
    "vault_identity_group.g: what vault_identity_group needs is not known",
  ],
  [{ vault_policy: { p: { name: "${var.name}" } } }, "vault_policy.p: its name is known only when Terraform runs"],
  [{ vault_policy: { p: { name: "all-*" } } }, 'vault_policy.p: its name is "all-*", which a policy cannot name'],
  [{ vault_mount: { m: { type: "kv" } } }, "vault_mount.m: it has no path"],
])("what is not known is said, and is not a success: %j", async (resources, line) => {
  const { code, out } = await over(resources);
  expect(code).toBe(2);
  expect(out).toContain(`# not covered: a, ${line}\n`);
});

test("a stack or a folder that is not there is refused", async () => {
  expect((await over({}, ["--stack", "c"])).err).toContain('no stack "c": choose among a, b');
  expect((await leasehold(["deployer", "--out", "/nowhere"])).err).toContain("synthesize the program first");
});
