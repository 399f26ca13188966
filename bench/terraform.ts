import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Bench } from "./bench";
import { ownProcessGroup, Scope, writePrivateFile } from "./machine/lifecycle";
import { mapEndpoints } from "./rehearse/viewpoints";

interface Manifest {
  readonly stacks: Readonly<
    Record<string, { readonly synthesizedStackPath: string; readonly dependencies: readonly string[] }>
  >;
}

interface StackJson {
  terraform?: Record<string, unknown>;
  resource?: Record<string, Record<string, Record<string, unknown>>>;
}

/** What a command of Terraform said. */
export interface TerraformResult {
  readonly code: number;
  readonly output: string;
}

/**
 * Runs the real Terraform on a synthesized program against test servers. It changes three things in the JSON. Addresses
 * become those of the test servers. The state goes to their folder. Vault's Kubernetes auth gets the CA that a Vault in
 * the cluster reads from its pod; the reviewer token from there goes to Vault's API, past Terraform. Helm releases are
 * left out: the bench has no nodes to run a chart on.
 */
export class TerraformProgram {
  /** Stacks in the order of their dependencies. */
  readonly stacks: readonly string[];
  private readonly folder: string;
  private readonly kubeconfig: string;
  private readonly initialised = new Set<string>();

  constructor(
    private readonly bench: Bench,
    private readonly outdir: string,
    scope: Scope,
    private readonly binary = process.env.LEASEHOLD_TERRAFORM ?? "terraform",
  ) {
    this.folder = scope.tempDir("leasehold-terraform-");
    this.kubeconfig = writePrivateFile(join(this.folder, "kubeconfig"), kubeconfig(bench));
    this.stacks = order(JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as Manifest);
  }

  /** Reads the program anew, as after another synthesis into this folder. */
  load(stack: string, outdir = this.outdir): string {
    const folder = join(this.folder, stack);
    mkdirSync(folder, { recursive: true });
    const text = readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
    const json = mapEndpoints(JSON.parse(text), [
      ...this.bench.mapping,
      { from: "~/.kube/config", to: this.kubeconfig },
    ]) as StackJson;
    json.terraform = { ...json.terraform, backend: { local: { path: join(folder, "terraform.tfstate") } } };
    delete json.resource?.helm_release;
    for (const config of Object.values(json.resource?.vault_kubernetes_auth_backend_config ?? {})) {
      config.kubernetes_host = this.bench.kubernetes.server;
      config.kubernetes_ca_cert = this.bench.vaultPod.caPem;
    }
    writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(json));
    return folder;
  }

  /** `terraform init`, once per stack. @throws with Terraform's words when a provider cannot be had */
  async init(stack: string): Promise<void> {
    if (this.initialised.has(stack)) return;
    const result = await this.run(stack, ["init", "-no-color", "-input=false"]);
    if (result.code !== 0)
      throw new Error(`terraform init of stack ${stack} failed: the providers cannot be had here\n${result.output}`);
    this.initialised.add(stack);
  }

  /** `terraform apply`. */
  async apply(stack: string, options: readonly string[] = []): Promise<TerraformResult> {
    await this.init(stack);
    const result = await this.run(stack, ["apply", "-no-color", "-input=false", "-auto-approve", ...options]);
    if (result.code === 0) await this.reviewTokens(stack);
    return result;
  }

  /** `terraform plan`: code 0 when there is nothing to do, 2 when there is. */
  async plan(stack: string): Promise<TerraformResult> {
    await this.init(stack);
    return this.run(stack, [
      "plan",
      "-no-color",
      "-input=false",
      "-detailed-exitcode",
      `-out=${join(this.folder, stack, "plan")}`,
    ]);
  }

  /** `terraform destroy`. */
  async destroy(stack: string): Promise<TerraformResult> {
    await this.init(stack);
    return this.run(stack, ["destroy", "-no-color", "-input=false", "-auto-approve"]);
  }

  /** Files that Terraform left: state, plan and JSON, to search them for secrets. */
  files(stack: string): string[] {
    return ["terraform.tfstate", "terraform.tfstate.backup", "plan", "cdk.tf.json"]
      .map((name) => join(this.folder, stack, name))
      .filter(existsSync);
  }

  private async reviewTokens(stack: string): Promise<void> {
    const json = JSON.parse(readFileSync(join(this.folder, stack, "cdk.tf.json"), "utf8")) as StackJson;
    if (!json.resource?.vault_kubernetes_auth_backend_config) return;
    const { server } = this.bench.kubernetes;
    const { caPem, reviewerJwt } = this.bench.vaultPod;
    for (const { path } of Object.values(json.resource.vault_auth_backend ?? {})) {
      await this.bench.vault.request("POST", `auth/${path as string}/config`, {
        kubernetes_host: server,
        kubernetes_ca_cert: caPem,
        token_reviewer_jwt: reviewerJwt,
      });
    }
  }

  private run(stack: string, args: readonly string[]): Promise<TerraformResult> {
    if (!existsSync(join(this.folder, stack))) this.load(stack);
    return new Promise((resolve, reject) => {
      const child = spawn(this.binary, args, {
        cwd: join(this.folder, stack),
        env: {
          ...process.env,
          VAULT_TOKEN: this.bench.vault.rootToken,
          TF_IN_AUTOMATION: "1",
          CHECKPOINT_DISABLE: "1",
        },
        stdio: ["ignore", "pipe", "pipe"],
        // A group of its own, so that its providers end with it when this process is ended.
        detached: true,
      });
      const disown = child.pid === undefined ? undefined : ownProcessGroup(child.pid);
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.on("error", (cause) =>
        reject(
          new Error(
            `${this.binary} cannot be run: install Terraform 1.11 or newer, or name it in LEASEHOLD_TERRAFORM`,
            { cause },
          ),
        ),
      );
      child.on("close", (code) => {
        disown?.();
        resolve({ code: code ?? 1, output });
      });
    });
  }
}

function kubeconfig({ kubernetes }: Bench): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    clusters: [
      {
        name: "bench",
        cluster: {
          server: kubernetes.server,
          "certificate-authority-data": Buffer.from(kubernetes.caPem).toString("base64"),
        },
      },
    ],
    users: [{ name: "admin", user: { token: kubernetes.adminToken } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "admin" } }],
  });
}

function order({ stacks }: Manifest): string[] {
  const done: string[] = [];
  const visit = (name: string): void => {
    if (done.includes(name)) return;
    [...stacks[name].dependencies].sort().forEach(visit);
    done.push(name);
  };
  Object.keys(stacks).sort().forEach(visit);
  return done;
}
