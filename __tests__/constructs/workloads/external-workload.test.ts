import { App, Lazy } from "cdktf";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import {
  Credential,
  ExternalWorkload,
  ExternalWorkloadProps,
  GUARDRAILS_CONTEXT,
  KubernetesAuth,
  Reload,
  Vault,
  WorkloadIdentity,
} from "../../../constructs";
import { leasehold } from "../../cli/fake-io";
import { filesIn, inFolder, written } from "../synthesis/support";
import { findingsOfRefusal, synthesize } from "../../support/program";
import { World } from "../../support/world";

const FILE = "cdktf.out/workloads.json";

function external(app: App, props: Partial<ExternalWorkloadProps> = {}, id = "web"): World {
  const world = new World(app);
  const identity = world.identity(id);
  world.db.schema("sales").table("wizard").grants.read(identity);
  const credentials = [Credential.uri(world.db)];
  new ExternalWorkload(world.workloads, id, { identity, kind: "StatefulSet", credentials, ...props });
  return world;
}

/** What synthesis writes for the owners. */
function told(build: (app: App) => void): string {
  return inFolder((outdir) => {
    const app = new App({ skipValidation: true, outdir, context: { [GUARDRAILS_CONTEXT]: "sandbox" } });
    build(app);
    app.synth();
    return readFileSync(join(outdir, "workloads.json"), "utf8");
  });
}

describe("a workload that another tool deploys", () => {
  test("makes its ServiceAccount and no workload, and stands in the report as any other", () => {
    const { census } = synthesize((app) => void external(app)).workloads;
    expect(census).toEqual({ kubernetes_service_account_v1: 1 });
    const { graph, unclassified } = written((app) => void external(app));
    expect(graph.workloads).toMatchObject([
      { kind: "StatefulSet", namespace: "shop", name: "web", identity: "eu/shop/web" },
    ]);
    expect(graph.deliveries).toMatchObject([{ identity: "eu/shop/web", file: "shop" }]);
    expect(unclassified.filter(({ path }) => path.startsWith("workloads/web"))).toEqual([]);
  });

  test("leaves the ServiceAccount to its owner when it is told to", async () => {
    const build = (app: App): void => void external(app, { serviceAccount: "existing" });
    expect(synthesize(build).workloads.census).toEqual({});
    expect((await leasehold(["annotations", "shop/web"], { [FILE]: told(build) })).out).toContain(
      "ServiceAccount shop/web is yours to make",
    );
  });

  describe("whose app is told of a new login", () => {
    const shared = { shareProcessNamespace: true, runAsSameUser: true };
    const made = (app: App, reload: Reload, props: Partial<ExternalWorkloadProps>): ExternalWorkload => {
      const world = new World(app);
      const identity = world.identity("web");
      world.db.schema("sales").table("wizard").grants.read(identity);
      const credentials = [Credential.uri(world.db, { reload })];
      return new ExternalWorkload(world.workloads, "web", { identity, kind: "StatefulSet", credentials, ...props });
    };

    test.each<[string, Reload, RegExp | undefined, Partial<ExternalWorkloadProps>]>([
      ["an HTTP call", Reload.httpPost({ port: 8080, path: "/reload" }), /8080\/reload/, {}],
      ["a signal", Reload.signal({ process: "app", signal: "USR1" }), /USR1/, { injector: shared }],
      ["a restart", Reload.restart({ process: "app" }), /app/, { injector: shared }],
      ["a file that it watches", Reload.fileWatch(), undefined, {}],
    ])("by %s: its owner gets the annotation", async (_, reload, command, props) => {
      const { podAnnotations } = made(new App(), reload, props);
      const key = "vault.hashicorp.com/agent-inject-command-shop";
      if (command === undefined) expect(podAnnotations).not.toHaveProperty([key]);
      else expect(podAnnotations[key]).toMatch(command);
      const file = told((app) => void made(app, reload, props));
      const { out } = await leasehold(["annotations", "shop/web", "--format", "helm"], { [FILE]: file });
      expect((parse(out) as { podAnnotations: object }).podAnnotations).toEqual(podAnnotations);
    });

    test.each<[string, Reload, Partial<ExternalWorkloadProps>]>([
      ["a signal to a process that the agent does not see", Reload.signal({ process: "app" }), {}],
      ["a restart of a Job", Reload.restart({ process: "app" }), { kind: "Job", injector: shared }],
      [
        "a call where no agent runs beside the app",
        Reload.httpPost({ port: 8080 }),
        { agent: "init-and-sidecar", injector: { prePopulateOnly: true } },
      ],
    ])("%s is refused", (_, reload, props) => {
      const codes = findingsOfRefusal((app) => void made(app, reload, props)).map(({ code }) => code);
      expect(codes).toContain("credential-reload");
    });
  });

  test("is refused when another workload has its name", () => {
    const build = (app: App): void => {
      const world = external(app);
      const identity = world.identity("other");
      new ExternalWorkload(world.workloads, "again", { identity, kind: "StatefulSet", name: "web" });
    };
    expect(
      findingsOfRefusal(build)
        .map(({ message }) => message)
        .join(),
    ).toContain("StatefulSet eu/shop/web");
  });

  test("with an address that only Terraform knows is refused: nobody could write it down", () => {
    const address = Lazy.stringValue({ produce: () => "https://vault.example.org:8200" });
    const vault = { addressFromPods: address, addressFromTerraform: address };
    const [finding] = findingsOfRefusal((app) => void external(app, { vault }));
    expect(finding).toMatchObject({
      code: "annotation",
      message: expect.stringContaining("cannot write it down") as string,
    });
  });

  // Tried with kustomize of kubectl 1.34: it fails with "control characters are not allowed", or prints nothing.
  test.each(["\u007f", "\u0080", "\u009f", "\ufffe"])(
    "with an annotation that its owner's tools do not carry is refused: %j",
    (character) => {
      const [finding] = findingsOfRefusal(
        (app) => void external(app, { annotations: { "example.com/hard": `a${character}b` } }),
      );
      expect(finding).toMatchObject({
        code: "annotation",
        message: expect.stringContaining(
          `annotation example.com/hard holds the character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
        ) as string,
      });
    },
  );

  test("with an audience that only Terraform knows is refused, too", () => {
    const findings = findingsOfRefusal((app) => {
      const world = new World(app);
      const audience = Lazy.stringValue({ produce: () => "vault" });
      const cluster = KubernetesAuth.fromAttributes(world.config, "other", { audience });
      const identity = WorkloadIdentity.fromServiceAccount(world.config, "job", { cluster, namespace: "shop" });
      new ExternalWorkload(world.workloads, "job", { identity, kind: "Job" });
    });
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^audience is .*cannot write it down/),
    );
  });

  test("leaves no file behind once it is out of the program", () => {
    inFolder((outdir) => {
      for (const build of [external, (app: App): void => void new World(app).db] as const) {
        const app = new App({ skipValidation: true, outdir, context: { [GUARDRAILS_CONTEXT]: "sandbox" } });
        build(app);
        app.synth();
      }
      expect(filesIn(outdir)).toHaveLength(3);
      expect(() => readFileSync(join(outdir, "workloads.json"))).toThrow("ENOENT");
    });
  });
});

describe("leasehold annotations", () => {
  test.each(["helm", "kustomize", "yaml"])("%s is YAML with every annotation as it is", async (format) => {
    const file = told((app) => void external(app, { annotations: { "example.com/hard": 'yes: "#{{ ${x} }}"\\n' } }));
    const { out, code } = await leasehold(["annotations", "eu/shop/web", "--format", format], { [FILE]: file });
    const [pod] = (JSON.parse(file) as { workloads: { annotations: object }[] }).workloads;
    expect(code).toBe(0);
    const data = parse(out) as { podAnnotations?: object; spec?: { template: { metadata: { annotations: object } } } };
    expect(data.podAnnotations ?? data.spec?.template.metadata.annotations).toEqual(pod.annotations);
  });

  test.each(["helm", "kustomize", "yaml"])(
    "%s holds no character as it is that YAML 1.1 reads as something else",
    async (format) => {
      const hard = "a\u0085b\u2028c\u2029d\ufeffe";
      const file = told((app) => void external(app, { annotations: { "example.com/hard": hard } }));
      const { out } = await leasehold(["annotations", "eu/shop/web", "--format", format], { [FILE]: file });
      expect(out).toContain(String.raw`"a\u0085b\u2028c\u2029d\ufeffe"`);
      expect(JSON.stringify(parse(out))).toContain(JSON.stringify(hard));
    },
  );

  test.each<[string, string[], string]>([
    ["a name that is none", ["annotations", "shop/wb"], "did you mean shop/web?"],
    [
      "a workload of the program's own",
      ["annotations", "shop/batch"],
      "that the program makes itself has its annotations",
    ],
    [
      "a format that is none",
      ["annotations", "shop/web", "--format", "toml"],
      "choose among helm, kustomize, yaml, json",
    ],
  ])("%s is refused with the way to do it", async (_, args, message) => {
    const { err, code } = await leasehold(args, { [FILE]: told((app) => void external(app)) });
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  test("without a file says how to get one; a file of a later version is not read", async () => {
    expect((await leasehold(["annotations", "shop/web"])).err).toContain("run `npx cdktf synth`");
    const later = JSON.stringify({ version: 2, workloads: [] });
    for (const [text, message] of [
      [later, "it is of version 2"],
      ["null", "it is of version undefined"],
      ["{", "is not what synthesis writes"],
    ])
      expect((await leasehold(["annotations", "shop/web"], { [FILE]: text })).err).toContain(message);
  });
});

describe("a Vault that exists already", () => {
  test.each(["vault:8200", "ftp://vault", "https://me:pw@vault:8200", "https://vault:8200?x=1"])(
    "has no address %j",
    (address) => {
      expect(() => Vault.fromAddress({ addressFromPods: address })).toThrow(
        "write it as https://vault.example.com:8200, without a login, a query and /v1",
      );
    },
  );

  test("is where the agents ask; without TLS it is refused in production", () => {
    const vault = Vault.fromAddress({ addressFromPods: "https://vault.internal:8200", tlsSecret: "vault-ca" });
    expect(told((app) => void external(app, { vault }))).toContain("https://vault.internal:8200");
    const open = Vault.fromAddress({ addressFromPods: "http://vault.internal:8200" });
    const findings = findingsOfRefusal((app) => {
      app.node.setContext(GUARDRAILS_CONTEXT, "production");
      external(app, { vault: open });
    });
    expect(findings.map(({ message }) => message).join()).toContain("go over the network in clear");
  });
});
