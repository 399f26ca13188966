import { Annotations, App, Aspects, TerraformOutput, TerraformStack, Testing } from "cdktf";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import {
  AccessReport,
  accessReportOf,
  BootstrapKv,
  Credential,
  KubernetesAuth,
  parseReport,
  WorkloadIdentity,
} from "../../../constructs";
import { World } from "../../support/world";
import { FILES, filesIn, inFolder, readingWorld, writtenText } from "./support";

function identityIn(stack: TerraformStack): WorkloadIdentity {
  return new WorkloadIdentity(stack, "web", { cluster: new KubernetesAuth(stack, "eu"), namespace: "shop" });
}

const read = (outdir: string): AccessReport => parseReport(readFileSync(join(outdir, "access.json"), "utf8"));

describe("a synthesis that succeeds", () => {
  test("writes its files beside the manifest, and what access.json holds is what the program is asked for", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      readingWorld(app);
      app.synth();
      expect(readdirSync(outdir).sort()).toEqual([
        "access.html",
        "access.json",
        "access.md",
        "findings.json",
        "manifest.json",
        "stacks",
      ]);
      expect(read(outdir)).toEqual(accessReportOf(app));
      expect(read(outdir).graph.edges).toHaveLength(1);
      expect(readFileSync(join(outdir, "access.md"), "utf8")).toContain("eu/shop/web");
      expect(readFileSync(join(outdir, "access.html"), "utf8")).toContain("eu/shop/web");
    });
  });

  test("does so for plain stacks that hold our constructs, and covers those that hold none", () => {
    inFolder((outdir) => {
      const app = new App({ outdir, skipValidation: true });
      new TerraformStack(app, "first").addOverride("resource.vault_policy.x", { name: "x", policy: "" });
      identityIn(new TerraformStack(app, "second"));
      app.synth();
      expect(read(outdir).graph.identities.map(({ path }) => path)).toEqual(["second/web"]);
      expect(read(outdir).unclassified.map(({ stack, type }) => `${stack} ${type}`)).toContain("first vault_policy");
    });
  });

  test("does nothing for a program without any of our constructs", () => {
    inFolder((outdir) => {
      const app = new App({ outdir });
      new TerraformStack(app, "plain");
      app.synth();
      expect(filesIn(outdir)).toEqual([]);
    });
  });

  test("goes where CDKTF_OUTDIR says", () => {
    inFolder((outdir) => {
      process.env.CDKTF_OUTDIR = outdir;
      try {
        const app = new App({ skipValidation: true });
        identityIn(new TerraformStack(app, "a"));
        app.synth();
      } finally {
        delete process.env.CDKTF_OUTDIR;
      }
      expect(filesIn(outdir)).toEqual(FILES);
    });
  });

  test("is also that of one stack alone, by Testing.fullSynth", () => {
    const app = Testing.app();
    const stack = new TerraformStack(app, "a");
    identityIn(stack);
    new VaultProvider(stack, "vault", { address: "http://127.0.0.1:8200" });
    const outdir = Testing.fullSynth(stack);
    try {
      expect(filesIn(outdir)).toEqual(FILES);
      expect(read(outdir).graph.identities).toHaveLength(1);
    } finally {
      for (const folder of [outdir, app.outdir]) rmSync(folder, { recursive: true });
    }
  });

  test("tells the same of Terraform's own language", () => {
    const report = (hclOutput: boolean): string =>
      writtenText((app) => identityIn(new TerraformStack(app, "a")), { hclOutput });
    expect(report(true)).toBe(report(false));
  });

  test("is taken for one by Testing.synth neither, nor by asking for the report", () => {
    inFolder((outdir) => {
      const app = new App({ outdir, skipValidation: true });
      const stack = new TerraformStack(app, "a");
      identityIn(stack);
      expect(accessReportOf(stack).graph.identities).toHaveLength(1);
      stack.toTerraform();
      expect(filesIn(outdir)).toEqual([]);
      app.synth();
      accessReportOf(stack);
      stack.toTerraform();
      expect(filesIn(outdir)).toEqual(FILES);
    });
  });

  test("of an unchanged program changes no file, and of another one those that differ", () => {
    inFolder((outdir) => {
      const long = new Date("2020-02-02T02:02:02Z");
      const synth = (more: (world: ReturnType<typeof readingWorld>) => void = () => undefined): string[] => {
        const app = new App({ outdir });
        more(readingWorld(app));
        app.synth();
        const files = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        const paths = files.map(({ parentPath, name }) => join(parentPath, name));
        const changed = paths.filter((path) => statSync(path).mtime.getTime() !== long.getTime());
        for (const path of paths) utimesSync(path, long, long);
        return changed.map((path) => relative(outdir, path)).sort();
      };
      expect(synth()).toContain("manifest.json");
      expect(synth()).toEqual([]);
      const changed = synth(({ db, web }) => void db.schema("sales").table("wand").grants.read(web));
      expect(changed).toEqual(["access.html", "access.json", "access.md", "stacks/access/cdk.tf.json"]);
    });
  });

  test("may be repeated with the same program: what was added since is in the report", () => {
    inFolder((outdir) => {
      const app = new App({ outdir, skipValidation: true });
      const stack = new TerraformStack(app, "a");
      identityIn(stack);
      app.synth();
      new BootstrapKv(stack, "kv");
      app.synth();
      expect(read(outdir).unclassified.map(({ type }) => type)).toContain("vault_mount");
      expect(filesIn(outdir)).toEqual(FILES);
    });
  });
});

describe("a synthesis that fails", () => {
  /** A good synthesis into the folder, and then a bad one. */
  function afterwards(spoil: (app: App, stack: TerraformStack) => void): {
    readonly before: string[];
    readonly after: string[];
  } {
    return inFolder((outdir) => {
      const make = (): [App, TerraformStack] => {
        const app = new App({ outdir });
        const world = readingWorld(app);
        return [app, world.access];
      };
      make()[0].synth();
      const before = [...filesIn(outdir)];
      const [app, stack] = make();
      spoil(app, stack);
      expect(() => app.synth()).toThrow();
      expect(readdirSync(outdir).filter((name) => name.startsWith(".access"))).toEqual([]);
      return { before, after: [...filesIn(outdir)] };
    });
  }

  test("before anything is written, by a finding, leaves everything as it was", () => {
    const { before, after } = afterwards((_, stack) => {
      identityIn(new TerraformStack(stack, "inner"));
      new WorkloadIdentity(stack, "bad", { cluster: new KubernetesAuth(stack, "us"), namespace: "Shop" });
    });
    expect(before).toEqual(FILES);
    expect(after).toEqual(FILES);
  });

  test.each<[string, (app: App, stack: TerraformStack) => void]>([
    ["a validation of a stack", (_, stack) => stack.node.addValidation({ validate: () => ["no"] })],
    ["a validation of the app", (app) => app.node.addValidation({ validate: () => ["no"] })],
    ["an Aspect", (_, stack) => Aspects.of(stack).add({ visit: () => assert("no") })],
    ["an annotation", (_, stack) => Annotations.of(stack).addError("no")],
    [
      "a value that cannot be had",
      (_, stack) =>
        new TerraformOutput(stack, "o", {
          value: { resolve: () => assert("no"), creationStack: [], toString: () => "" },
        }),
    ],
    ["writing the manifest", (app) => Object.assign(app.manifest, { writeToFile: () => assert("no") })],
    [
      "writing the report",
      ({ outdir }, stack) =>
        Aspects.of(stack).add({ visit: () => mkdirSync(join(outdir, "access.html/x"), { recursive: true }) }),
    ],
  ])("after that, by %s, leaves no report, not even that of an earlier one", (what, spoil) => {
    const { before, after } = afterwards(spoil);
    expect(before).toEqual(FILES);
    expect(after).toEqual(what === "writing the report" ? ["access.html"] : []);
  });

  test("by an annotation that the command line shows itself, as it has it, leaves none either", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = "1";
    try {
      inFolder((outdir) => {
        const app = new App({ outdir, skipValidation: true });
        const stack = new TerraformStack(app, "a");
        identityIn(stack);
        Annotations.of(stack).addError("no");
        app.synth();
        expect(existsSync(join(outdir, "manifest.json"))).toBe(true);
        expect(filesIn(outdir)).toEqual([]);
      });
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
  });
});

function assert(message: string): never {
  throw new Error(message);
}

describe("the same program gives the same bytes", () => {
  const build = (app: App): void => void readingWorld(app);

  test("twice, and in folders of any name", () => {
    expect(writtenText(build)).toBe(writtenText(build));
  });

  test("whatever the order of its statements", () => {
    const statements: ((world: World) => void)[] = [
      (world) => world.db.schema("sales").table("wizard").grants.read(world.identity("a")),
      (world) => world.db.schema("sales").table("orders").grants.readWrite(world.identity("b")),
      (world) => world.db.schema("sales").table("wizard").columns("name").grants.update(world.identity("c")),
      (world) => world.db.schema("staff").allTables().grants.read(world.identity("d")),
      (world) => world.config.kv.resource.addOverride("seal_wrap", true),
      (world) => void new BootstrapKv(world.config, "second", { path: "second" }),
      (world) => {
        const app = world.identity("e");
        world.deployment(app, [Credential.json(world.db, { perms: "0440" })]);
        world.db.schema("sales").table("wizard").grants.read(app);
      },
      (world) => world.db.schema("staff").table("shift").grants.read(world.identity("e2")),
    ];
    // Lines of the program differ with the order; everything else must not.
    const make = (order: readonly number[]): string =>
      writtenText((app) => {
        const world = new World(app);
        void [world.db, world.workloads];
        for (const index of order) statements[index](world);
        world.db.schema("sales").table("wizard").grants.read(world.identity("e3"));
      }).replace(/"source": "[^"]*"/g, "");
    const all = [...statements.keys()];
    const first = make(all);
    expect(first).toContain("vault_mount");
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => make(order) === first),
      { numRuns: 12 },
    );
  });

  test("in whatever folder the program lies: lines are told from the working directory", () => {
    const before = process.cwd();
    const make = (folder: string): string => {
      const program = join(folder, "program/main.js");
      mkdirSync(join(folder, "program"));
      const source = `(function (build) {\n  return (app) => build(app);\n})`;
      writeFileSync(program, source);
      process.chdir(folder);
      const through = runInThisContext(source, { filename: program }) as (b: (app: App) => void) => (app: App) => void;
      // A program whose every statement stands in that folder.
      const statements = runInThisContext(
        `(function (World) {\n  return (app) => {\n    const world = new World(app);\n    world.db.schema("sales").table("wizard").grants.read(world.identity("web"));\n  };\n})`,
        { filename: program },
      ) as (world: typeof World) => (app: App) => void;
      return writtenText(through(statements(World)));
    };
    try {
      const texts = [inFolder(make), inFolder(make)].map((text) =>
        text.replace(/"source": "\.\.\/[^"]*"/g, '"source": "…"'),
      );
      expect(texts[0]).toBe(texts[1]);
      expect(texts[0]).toContain('"source": "program/main.js:4"');
    } finally {
      process.chdir(before);
    }
  });

  test("and names no path of the machine", () => {
    const text = writtenText(build);
    expect(text).not.toContain(process.cwd());
    expect(text.match(/"\/[^"]*"/g) ?? []).toEqual([]);
  });
});
