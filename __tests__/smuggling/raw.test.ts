import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import {
  App,
  Fn,
  LocalBackend,
  S3Backend,
  TerraformHclModule,
  TerraformLocal,
  TerraformOutput,
  TerraformStack,
  TerraformVariable,
} from "cdktf";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultMode, VaultServer, WorkloadIdentity } from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { VaultConfigStack } from "../../stacks";
import { World } from "../support/world";
import { both, Free, expectGrowth, Raw, RawProvider, reading, Sides } from "./sides";

const EVERYTHING = 'path "*" { capabilities = ["sudo"] }';
const policy = (stack: TerraformStack, text: string): Policy => new Policy(stack, "p", { name: "team", policy: text });

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "leasehold-smuggling-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** Beside a program of ours, a stack of somebody's own. */
const beside = <T>(build: (stack: TerraformStack, value: T) => void, base: T, head: T): Sides =>
  both(
    (app, value: T) => {
      reading(app);
      build(new TerraformStack(app, "raw"), value);
    },
    base,
    head,
  );

describe("the same words, said to other servers", () => {
  test.each<[string, Sides]>([
    [
      "a policy moves to a stack that asks another Vault",
      both(
        (app, to: string) => {
          reading(app);
          for (const name of ["staging", "prod"]) {
            const stack = new TerraformStack(app, name);
            new VaultProvider(stack, "vault", { address: `https://${name}.example.com` });
            if (to === name) policy(stack, EVERYTHING);
          }
        },
        "staging",
        "prod",
      ),
    ],
    [
      "two stacks change names, and the policy stays where it was",
      both(
        (app, [first, second]: readonly string[]) => {
          reading(app);
          const stacks = [first, second].map((name) => new TerraformStack(app, name));
          stacks.forEach((stack, index) => new VaultProvider(stack, "vault", { address: `https://${index}` }));
          policy(stacks.find(({ node }) => node.id === "a") as TerraformStack, EVERYTHING);
        },
        ["a", "b"],
        ["b", "a"],
      ),
    ],
    [
      "the default provider and one with an alias change places",
      beside(
        (stack, first: string) => {
          for (const name of ["a", "b"])
            new VaultProvider(stack, name, { address: `https://${name}`, ...(name !== first && { alias: "x" }) });
          policy(stack, EVERYTHING);
        },
        "a",
        "b",
      ),
    ],
    [
      "a grant moves to the stack of another database's server",
      both(
        (app, to: string) => {
          const world = reading(app);
          const second = world.second(world.databaseOf("ledger", world.server("other")), "access-other");
          const grant = { database: "shop", role: "analysts", objectType: "table", privileges: ["SELECT"] };
          new Grant(to === "other" ? second : world.access, "g", { ...grant, schema: "public" });
        },
        "main",
        "other",
      ),
    ],
    [
      "an identity moves to a stack that asks another Vault",
      both(
        (app, to: string) => {
          const world = reading(app);
          const vault = { ...sandbox.vault, addressFromTerraform: "https://other.example.com" };
          const other = new VaultConfigStack(app, "other", { environment: { ...sandbox, vault } });
          const scope = to === "other" ? other : world.config;
          const late = new WorkloadIdentity(scope, "late", { cluster: world.cluster, namespace: "shop" });
          world.db.schema("s").table("t").grants.read(late);
        },
        "who",
        "other",
      ),
    ],
  ])("%s", (_, sides) => void expectGrowth(sides));
});

test.each(["vault.x", "vault . x", "vault./* y */x", "${vault.x}"])(
  "providers that exchange their aliases, of a block that asks %s",
  (provider) => {
    const build = (stack: TerraformStack, [first, second]: readonly string[]): void => {
      new VaultProvider(stack, "a", { address: "https://a", alias: first });
      new VaultProvider(stack, "b", { address: "https://b", alias: second });
      new Free(stack, "p", { resource: { vault_policy: { x: { provider, name: "x", policy: EVERYTHING } } } });
    };
    expectGrowth(beside(build, ["x", "y"], ["y", "x"]));
  },
);

describe("what a block says by way of others", () => {
  // Each is a form that Terraform 1.11 accepts.
  test.each<[string, string]>([
    ["plainly", "${terraform_data.x.input}"],
    ["with a splat", "${terraform_data.x[*].input}"],
    ["in a call", '${join("", [terraform_data.x.input])}'],
    ["as a resource", "${resource.terraform_data.x.input}"],
    ["with spaces", "${terraform_data . x . input}"],
    ["on two lines", "${(terraform_data\n.x.input)}"],
    ["with a comment inside", "${terraform_data/**/.x.input}"],
    ["behind a quote in a comment", '${/* " */terraform_data.x.input/* " */}'],
    ["behind a quote in a comment of one line", '${# "\nterraform_data.x.input}'],
    ["in a heredoc behind a quote", '${<<EOT\n"${terraform_data.x.input}\nEOT\n}'],
  ])("%s", (_, text) => {
    const build = (stack: TerraformStack, input: string): void => {
      new Raw(stack, "x", "terraform_data", { input }).overrideLogicalId("x");
      policy(stack, text);
    };
    expectGrowth(beside(build, "", EVERYTHING));
  });

  test.each<[string, object]>([
    ["in for_each", { for_each: "${toset([terraform_data.x.input])}", policy: "${each.key}" }],
    ["in a dynamic block", { dynamic: { rule: { for_each: ["${terraform_data.x.input}"], content: {} } } }],
    ["as a key", { policy: "", metadata: { "${terraform_data.x.input}": "a" } }],
    ["in one of several bodies", [{ policy: "" }, { policy: "${terraform_data.x.input}" }]],
  ])("%s", (_, body) => {
    const build = (stack: TerraformStack, input: string): void => {
      new Raw(stack, "x", "terraform_data", { input }).overrideLogicalId("x");
      new Free(stack, "f", { resource: { vault_policy: { p: body } } });
    };
    expectGrowth(beside(build, "", EVERYTHING));
  });

  test.each<[string, (source: TerraformStack, value: string) => string]>([
    ["a local", (source, value) => new TerraformLocal(source, "l", value).asString],
    [
      "an attribute of a block that is only counted",
      (source, value) => new Raw(source, "x", "terraform_data", { input: value }).getStringAttribute("input"),
    ],
    ["a variable", (source, value) => new TerraformVariable(source, "v", { default: value }).stringValue],
  ])("from another stack, by %s", (_, make) => {
    const build = (app: App, value: string): void => {
      reading(app);
      const text = make(new TerraformStack(app, "source"), value);
      policy(new TerraformStack(app, "raw"), text);
    };
    expectGrowth(both(build, "", EVERYTHING));
  });

  test("from another stack, by way of a third", () => {
    const build = (app: App, value: string): void => {
      reading(app);
      const first = new TerraformLocal(new TerraformStack(app, "one"), "l", value).asString;
      const second = new TerraformLocal(new TerraformStack(app, "two"), "l", first).asString;
      policy(new TerraformStack(app, "raw"), second);
    };
    expectGrowth(both(build, "", EVERYTHING));
  });
});

describe("what stands in files", () => {
  const written = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  test.each<[string, (stack: TerraformStack, text: string) => void]>([
    ["file()", (stack, text) => policy(stack, Fn.file(written("p.hcl", text)))],
    ["templatefile()", (stack, text) => policy(stack, Fn.templatefile(written("p.tpl", text), { a: "b" }))],
    [
      "filebase64() in a call",
      (stack, text) => policy(stack, `\${base64decode(filebase64("${written("b.hcl", text)}"))}`),
    ],
    ["fileset()", (stack, text) => (written("s.hcl", text), policy(stack, `\${join(",", fileset("${folder}", "*"))}`))],
    [
      "file() in a local",
      (stack, text) => policy(stack, new TerraformLocal(stack, "l", Fn.file(written("l.hcl", text))).asString),
    ],
    [
      "a module of this machine",
      (stack, text) => {
        mkdirSync(join(folder, "module/inner"), { recursive: true });
        written("module/inner/main.tf", text);
        new TerraformHclModule(stack, "m", { source: join(folder, "module") });
      },
    ],
    [
      "a chart of this machine",
      (stack, text) => {
        mkdirSync(join(folder, "chart/templates"), { recursive: true });
        written("chart/templates/x.yaml", text);
        new VaultServer(stack, "v", { mode: VaultMode.standalone(), chart: join(folder, "chart") });
      },
    ],
    [
      "a module named relatively, not copied by cdktf",
      (stack, text) => {
        const source = "../../module";
        mkdirSync(join(stackFolder(stack), source), { recursive: true });
        writeFileSync(join(stackFolder(stack), source, "main.tf"), text);
        new TerraformHclModule(stack, "m", { source, skipAssetCreationFromLocalModules: true });
      },
    ],
  ])("%s", (_, build) => void expectGrowth(beside(build, "", EVERYTHING)));

  test.each(["extra.tf", "extra.tf.json", "cdk_override.tf", "terraform.tfvars", "a.auto.tfvars.json", "extra.tofu"])(
    "%s, put beside what cdktf writes",
    (name) => {
      class Writer extends Free {
        override toTerraform(): unknown {
          mkdirSync(stackFolder(this.cdktfStack), { recursive: true });
          writeFileSync(join(stackFolder(this.cdktfStack), name), `resource "vault_policy" "x" {}`);
          return {};
        }
      }
      const build = (stack: TerraformStack, extra: boolean): unknown => extra && new Writer(stack, "w", {});
      expectGrowth(beside(build, false, true));
    },
  );

  test("but not what Terraform leaves there itself", () => {
    const build = (stack: TerraformStack, ran: boolean): void => {
      if (!ran) return;
      mkdirSync(join(stackFolder(stack), ".terraform"), { recursive: true });
      writeFileSync(join(stackFolder(stack), ".terraform.lock.hcl"), "");
      writeFileSync(join(stackFolder(stack), "plan"), "");
    };
    expect(() => expectGrowth(beside(build, false, true))).toThrow("(nothing)");
  });
});

function stackFolder(stack: TerraformStack): string {
  return join((stack.node.root as App).outdir, "stacks", stack.node.id);
}

describe("an import, however its address is written", () => {
  test.each([
    (address: string) => address,
    (address: string) => ` ${address.replace(".", " . ")}`,
    (address: string) => `resource.${address}`,
    (address: string) => `${address} /* ours */`,
  ])("form %#", (form) => {
    const build = (app: App, on: boolean): void => {
      const world = reading(app);
      const { groupRole } = world.db.edges[0];
      if (!on) return;
      const to = form(`postgresql_role.${groupRole.friendlyUniqueId}`);
      new Free(world.access, "i", { import: [{ to, id: "admins" }] });
    };
    expectGrowth(both(build, false, true));
  });
});

describe("providers that nobody has looked at", () => {
  test.each<[string, (stack: TerraformStack) => void]>([
    ["one that calls itself random", (stack) => new RawProvider(stack, "p", "random", "acme/anything")],
    ["one of another name", (stack) => new RawProvider(stack, "p", "acme", "acme/anything")],
    [
      "a type of one that calls itself random",
      (stack) => stack.addOverride("terraform.required_providers.random.source", "acme/anything"),
    ],
  ])("%s", (_, build) => {
    expectGrowth(beside((stack, on: boolean) => on && build(stack), false, true));
  });

  test.each<[string, (stack: TerraformStack) => void]>([
    [
      "a request to Vault's API by a data source",
      (stack) =>
        new Free(stack, "d", {
          data: { http: { x: { url: "http://vault.example.com/v1/sys/policies/acl/x", method: "POST" } } },
        }),
    ],
    ...[
      "restapi_object",
      "terracurl_request",
      "ssh_resource",
      "ansible_playbook",
      "k8s_manifest",
      "kustomization_resource",
      "argocd_application",
      "local_file",
      "docker_container",
      "graphql_mutation",
      "remote_file",
      "pgbouncer_database",
      "aws_route53_record",
      "aws_security_group_rule",
      "google_compute_firewall",
      // None of their names speaks of access.
      "aws_lambda_invocation",
      "aws_instance",
      "aws_ssm_association",
      "aws_db_instance",
      "github_repository_file",
      "gitlab_pipeline_schedule",
      "tfe_run_trigger",
      "azurerm_virtual_machine_extension",
      "google_cloudbuild_trigger",
      "aws_s3_bucket",
      "cloudflare_workers_script",
    ].map((type): [string, (stack: TerraformStack) => void] => [type, (stack) => void new Raw(stack, "a", type)]),
  ])("%s", (_, build) => {
    expectGrowth(beside((stack, on: boolean) => on && build(stack), false, true));
  });
});

describe("code that runs without a block of its own, beside what is there already", () => {
  const acme = (stack: TerraformStack): unknown => new RawProvider(stack, "p", "acme", "acme/acme");
  test.each<[string, (stack: TerraformStack) => void]>([
    [
      "an action, when a harmless resource is made",
      (stack) => {
        const lifecycle = { action_trigger: [{ events: ["after_create"], actions: ["action.aws_lambda_invoke.x"] }] };
        new Free(stack, "t", { resource: { terraform_data: { t: { lifecycle: [lifecycle, {}] } } } });
      },
    ],
    [
      "a function of a provider in a harmless resource",
      (stack) => new Raw(stack, "t", "terraform_data", { input: "${provider::acme::run(1)}" }),
    ],
    ["a function of a provider in a local", (stack) => new TerraformLocal(stack, "l", "${provider :: acme::run(1)}")],
    [
      "a function of a provider in what a variable may be",
      (stack) =>
        new Free(stack, "v", {
          variable: { x: { default: "a", validation: [{ condition: "${provider::acme::run(var.x)}" }] } },
        }),
    ],
    [
      "a function of a provider in an output",
      (stack) => new Free(stack, "o", { output: { x: { value: "${provider::acme::run(1)}" } } }),
    ],
  ])("%s", (_, build) => {
    const sides = beside(
      (stack, on: boolean) => {
        acme(stack);
        new Free(stack, "a", { action: { aws_lambda_invoke: { x: {} } } });
        if (on) build(stack);
      },
      false,
      true,
    );
    expectGrowth(sides);
  });
});

describe("where the state is, and what is shown", () => {
  const shows = (output: object) => (stack: TerraformStack) => void new Free(stack, "o", { output: { x: output } });
  test.each<[string, (stack: TerraformStack) => void]>([
    ["what a data source answered", shows({ value: "${data.external.x.result.password}" })],
    ["a secret that Terraform no longer takes for one", shows({ value: "${nonsensitive(random_password.x.result)}" })],
    ["a secret, for whoever may read outputs", shows({ value: "${random_password.x.result}", sensitive: true })],
    ["a file", shows({ value: ["a", { b: '${file("/etc/passwd")}' }] })],
    [
      "a secret, by an output that is named as cdktf's",
      (stack) =>
        void new Free(stack, "o", { output: { "cross-stack-output-x": { value: "${random_password.x.result}" } } }),
    ],
    ["another backend", (stack) => void new S3Backend(stack, { bucket: "evil", key: "a", region: "b" })],
    ["HCP Terraform", (stack) => void new Free(stack, "c", { terraform: { cloud: { organization: "evil" } } })],
    ["a file elsewhere", (stack) => void new LocalBackend(stack, { path: "/mnt/shared/terraform.tfstate" })],
    ["what Terraform is told besides", (stack) => void new Free(stack, "t", { terraform: { encryption: {} } })],
  ])("%s", (_, build) => void expectGrowth(beside((stack, on: boolean) => on && build(stack), false, true)));

  test("a bucket of somebody else's", () => {
    const build = (stack: TerraformStack, bucket: string): unknown =>
      new S3Backend(stack, { bucket, key: "state/raw.tfstate", region: "b" });
    expectGrowth(beside(build, "ours", "evil"));
  });

  test("but not a stack of another name, whose state has its name, nor an output that shows a constant", () => {
    const build = (app: App, id: string): void => {
      reading(app);
      const stack = new TerraformStack(app, id);
      new S3Backend(stack, { bucket: "ours", key: `state/${id}.tfstate`, region: "b" });
      new TerraformOutput(stack, "o", { value: id });
    };
    expect(() => expectGrowth(both(build, "one", "two"))).toThrow("(nothing)");
  });
});

describe("what stands in front of a server, or runs somewhere else", () => {
  const service =
    (spec: object, metadata: object = {}): ((stack: TerraformStack) => void) =>
    (stack) =>
      void new Raw(stack, "s", "kubernetes_service_v1", { metadata: { name: "s", ...metadata }, spec });
  test.each<[string, (stack: TerraformStack) => void]>([
    ["a Service with addresses of its own", service({ external_ips: ["203.0.113.7"] })],
    ["a load balancer", service({ type: "LoadBalancer" })],
    ["a port of every node", service({ type: "NodePort" })],
    ["a port of every node, by its number", service({ port: [{ port: 5432, node_port: 30000 }] })],
    ["a name of another server", service({ type: "ExternalName", external_name: "evil.example.com" })],
    ["a type that is known later", service({ type: "${var.type}" })],
    ["ports that are known later", service({ port: "${var.ports}" })],
    ["a tunnel, by an annotation", service({}, { annotations: { "tailscale.com/expose": "true" } })],
    [
      "a Service with a block that is made at a plan",
      (stack) => new Raw(stack, "s", "kubernetes_service_v1", { dynamic: { spec: { for_each: ["x"], content: {} } } }),
    ],
    [
      "a Service of the cluster by the name of somebody's Vault",
      service({ selector: { app: "a" }, port: [{ port: 8200 }] }),
    ],
    ["an autoscaler", (stack) => new Raw(stack, "h", "kubernetes_horizontal_pod_autoscaler_v2")],
    [
      "a Role that lets somebody make tokens",
      (stack) => new Raw(stack, "r", "kubernetes_role_binding_v1", { role_ref: { name: "token-maker" } }),
    ],
    [
      "a CronJob of a manifest, which runs as an account of ours",
      (stack) => new Raw(stack, "m", "kubernetes_manifest", { manifest: { kind: "CronJob" } }),
    ],
    ["a release", (stack) => new Raw(stack, "h", "helm_release", { name: "x", chart: "y" })],
    ["an ingress", (stack) => new Raw(stack, "i", "kubernetes_ingress_v1")],
    [
      "a data source that calls a function",
      (stack) => new Free(stack, "d", { data: { aws_lambda_invocation: { x: {} } } }),
    ],
    [
      "a data source of a harmless type",
      (stack) => new Free(stack, "d", { data: { kubernetes_service_v1: { x: {} } } }),
    ],
    ["a check", (stack) => new Free(stack, "c", { check: { x: { data: { http: { y: { url: "http://vault" } } } } } })],
    ["an object that is left in place", (stack) => new Free(stack, "r", { removed: [{ from: "postgresql_role.x" }] })],
    ["an object that becomes another", (stack) => new Free(stack, "m", { moved: [{ from: "a.b", to: "a.c" }] })],
    ["an action", (stack) => new Free(stack, "a", { action: { aws_lambda_invoke: { x: {} } } })],
    [
      "commands, by a resource that only holds values",
      (stack) =>
        new Free(stack, "n", {
          resource: { null_resource: { x: { provisioner: [{ "local-exec": { command: "true" } }] } } },
        }),
    ],
    [
      "a harmless type of another provider",
      (stack) => new Free(stack, "p", { resource: { random_id: { x: { provider: "acme.x" } } } }),
    ],
    ["a provider without a block", (stack) => new Raw(stack, "p", "kubernetes_pod_disruption_budget_v1")],
    [
      "a provider that is required, and has neither block nor resource",
      (stack) => new Free(stack, "p", { terraform: { required_providers: { acme: { source: "acme/acme" } } } }),
    ],
  ])("%s", (_, build) => void expectGrowth(beside((stack, on: boolean) => on && build(stack), false, true)));

  test("a second provider block that says the same under another alias", () => {
    const build = (stack: TerraformStack, aliases: readonly string[]): void => {
      for (const alias of aliases) new RawProvider(stack, alias, "aws", "hashicorp/aws", { region: "x" }, alias);
    };
    expectGrowth(beside(build, ["a"], ["a", "b"]));
  });

  test("a provider block that goes, so that Terraform takes one by itself", () => {
    const build = (stack: TerraformStack, on: boolean): void => {
      if (on) new RawProvider(stack, "k", "kubernetes", "hashicorp/kubernetes");
      new Raw(stack, "p", "kubernetes_pod_disruption_budget_v1");
    };
    const { unclassified } = expectGrowth(beside(build, true, false));
    expect(unclassified.map(({ change }) => change)).toEqual(["changed"]);
  });

  test("but what only makes values does not count as growth", () => {
    const build = (stack: TerraformStack, on: boolean): void => {
      new RawProvider(stack, "k", "kubernetes", "hashicorp/kubernetes");
      if (!on) return;
      new Raw(stack, "p", "kubernetes_pod_disruption_budget_v1");
      new Raw(stack, "r", "random_id");
      new Raw(stack, "t", "terraform_data", { input: "x" });
    };
    expect(() => expectGrowth(beside(build, false, true))).toThrow("(nothing)");
  });
});

test("two blocks that share an address are two, whichever of them changed", () => {
  const build = (app: App, text: string): void => {
    const world: World = reading(app);
    const { policy: ours } = world.db.edges[0];
    new Policy(world.access, "evil", { name: "evil", policy: text }).overrideLogicalId(ours.friendlyUniqueId);
  };
  const { unclassified } = expectGrowth({ base: (app) => void reading(app), head: (app) => build(app, EVERYTHING) });
  expect(unclassified.map(({ after }) => after?.reason).sort()).toEqual(["overridden", "raw"]);
});
