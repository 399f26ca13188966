import { App, TerraformHclModule, TerraformLocal, TerraformStack, TerraformVariable } from "cdktf";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { diffReports } from "../../access/diff/diff";
import { readReport } from "../../access/report/parse-report";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION } from "../../access/report/report";
import { WholeProject } from "../../constructs/synthesis/unexplained/content";
import { renderDiffMarkdown } from "../../render/diff-markdown";
import { both, diffOf, expectGrowth, Free, Raw, reading, said, Sides } from "./sides";

const EMPTY = {
  $schema: REPORT_SCHEMA,
  version: REPORT_VERSION,
  graph: { identities: [], databases: [], edges: [], deliveries: [] },
  unclassified: [],
  notJudged: [],
};

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "leasehold-files-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A stack of somebody's own, in whose folder a file holds one text or another. */
interface Site {
  readonly stack: TerraformStack;
  /** Writes a file below the folder in which Terraform is run, and says its path from there. */
  readonly write: (path: string, text?: string) => string;
}

const sides = (build: (site: Site) => void): Sides =>
  both(
    (app: App, text: string) => {
      reading(app);
      const stack = new TerraformStack(app, "raw");
      const here = join(app.outdir, "stacks/raw");
      const write = (path: string, other?: string): string => {
        mkdirSync(dirname(join(here, path)), { recursive: true });
        writeFileSync(join(here, path), other ?? text);
        return path;
      };
      build({ stack, write });
    },
    "one",
    "other",
  );

const policy = (stack: TerraformStack, text: string): unknown =>
  new Raw(stack, "p", "vault_policy", { name: "team", policy: text });
/** A harmless block but for what it runs. */
const runs = (make: (site: Site) => Record<string, unknown>): ((site: Site) => void) => {
  return (site) => void new Free(site.stack, "r", { resource: { terraform_data: { r: { provisioner: make(site) } } } });
};
const uses = (type: string, args: (site: Site) => Record<string, unknown>): ((site: Site) => void) => {
  return (site) => void new Raw(site.stack, "r", type, args(site));
};

describe("a file that a block names holds something else, and the block says the same", () => {
  test.each<[string, (site: Site) => void]>([
    ["what is uploaded", uses("aws_s3_object", ({ write }) => ({ bucket: "b", source: write("files/run.sh") }))],
    ["a function's code", uses("aws_lambda_function", ({ write }) => ({ filename: write("../../code.zip") }))],
    [
      "a folder that is packed",
      uses("archive_file", ({ write }) => ({ source_dir: dirname(dirname(write("../../code/inner/main.py"))) })),
    ],
    [
      "a folder from which an image is built",
      uses("docker_image", ({ write }) => ({ build: [{ context: dirname(write("image/Dockerfile")) }] })),
    ],
    ["a file that is copied", uses("local_file", ({ write }) => ({ filename: "/out", source: write("a/b.txt") }))],
    [
      "a script that a provisioner runs",
      runs(({ write }) => ({ "local-exec": { command: `bash ${write("./scripts/x.sh")} --now` } })),
    ],
    [
      "one that it runs in a folder of its own",
      runs(({ write }) => {
        write("scripts/inner/x.sh");
        return { "local-exec": { command: "./inner/x.sh", working_dir: "scripts" } };
      }),
    ],
    ["scripts that it sends", runs(({ write }) => ({ "remote-exec": { scripts: [write("x/y.sh")] } }))],
    [
      "a file that it sends",
      runs(({ write }) => ({ file: { source: `\${path.module}/${write("x/z")}`, destination: "/x" } })),
    ],
    [
      "a program that a data source asks",
      ({ stack, write }) => stack.addOverride("data.external.x", { program: ["python3", write("./ask.py")] }),
    ],
    [
      "a values file of a chart",
      uses("helm_release", ({ write }) => ({ chart: "x", values: [`\${file("${write("v.yaml")}")}`] })),
    ],
    [
      "what is done with a chart's manifests",
      uses("helm_release", ({ write }) => ({ chart: "x", postrender: [{ binary_path: write("./post.sh") }] })),
    ],
    [
      "a manifest",
      uses("kubernetes_manifest", ({ write }) => ({ manifest: `\${yamldecode(file("${write("m.yaml")}"))}` })),
    ],
    [
      "a ConfigMap's file",
      uses("kubernetes_config_map_v1", ({ write }) => ({
        data: { run: `\${file("\${path.module}/${write("run.sh")}")}` },
      })),
    ],
    [
      "a token that a provider reads",
      ({ stack, write }) => void new Raw(stack, "s", "acme_thing", { token_file: write("t/token") }),
    ],
  ])("%s", (_, build) => void expectGrowth(sides(build)));
});

describe("a path that is put together", () => {
  test.each<[string, (site: Site) => string]>([
    [
      "by a local",
      ({ stack, write }) => `\${file("\${${bare(new TerraformLocal(stack, "d", dirname(write("d/x.hcl"))))}}/x.hcl")}`,
    ],
    [
      "by a local that is all of it",
      ({ stack, write }) => `\${file(${bare(new TerraformLocal(stack, "d", write("d/x.hcl")))})}`,
    ],
    [
      "by a variable's default",
      ({ stack, write }) => {
        write("d/x.hcl");
        new TerraformVariable(stack, "v", { default: "d" }).overrideLogicalId("v");
        return '${file("${path.root}/${var.v}/x.hcl")}';
      },
    ],
    [
      "by what is known at apply, in a folder that is plain",
      ({ write }) => {
        write("d/x.hcl");
        return '${file("${path.module}/d/${data.external.x.result.name}.hcl")}';
      },
    ],
    [
      "by each of a set of files",
      ({ write }) => {
        write("d/x.hcl");
        return '${join("", [for f in fileset("${path.module}/d", "*") : file("${path.module}/d/${f}")])}';
      },
    ],
    [
      "by a condition",
      ({ write }) => {
        write("d/x.hcl");
        return '${true ? file("d/x.hcl") : ""}';
      },
    ],
    [
      "by a template that reads another",
      ({ write }) => {
        write("d/inner.hcl");
        write("d/outer.tpl", '${file("d/inner.hcl")}');
        return '${templatefile("d/outer.tpl", {})}';
      },
    ],
  ])("%s", (_, text) => void expectGrowth(sides((site) => void policy(site.stack, text(site)))));

  test("of which nothing is known: any file of the project may be it", () => {
    const file = join(process.cwd(), `.named-${process.pid}.txt`);
    const build = (app: App, text: string): void => {
      reading(app);
      writeFileSync(file, text);
      policy(new TerraformStack(app, "raw"), "${file(data.external.x.result.path)}");
    };
    try {
      expectGrowth(both(build, "one", "other"));
    } finally {
      rmSync(file);
    }
  });
});

describe("a module of this machine that reads outside of its folder", () => {
  test.each<[string, string, string]>([
    ["by the module's path", 'file("${path.module}/../shared/x.hcl")', "modules/shared/x.hcl"],
    ["by the root's path", 'file("${path.root}/shared/x.hcl")', "shared/x.hcl"],
    ["from where Terraform is run", 'file("../shared/x.hcl")', "../shared/x.hcl"],
  ])("%s", (_, text, path) => {
    const build = ({ stack, write }: Site): void => {
      write(path);
      write("modules/m/main.tf", `resource "vault_policy" "p" { policy = ${text} }`);
      new TerraformHclModule(stack, "m", { source: "./modules/m", skipAssetCreationFromLocalModules: true });
    };
    expectGrowth(sides(build));
  });

  test("by another module, which reads outside in its turn", () => {
    const build = ({ stack, write }: Site): void => {
      write("far/x.hcl");
      write("modules/n/main.tf", 'locals { x = file("${path.module}/../../far/x.hcl") }');
      write("modules/m/main.tf", 'module "n" { source = "../n" }');
      new TerraformHclModule(stack, "m", { source: "./modules/m", skipAssetCreationFromLocalModules: true });
    };
    expectGrowth(sides(build));
  });

  test("a chart that takes another from beside it", () => {
    const build = ({ stack, write }: Site): void => {
      write("charts/library/templates/x.yaml");
      write("charts/app/Chart.yaml", 'dependencies:\n  - { name: library, repository: "file://../library" }\n');
      new Raw(stack, "r", "helm_release", { chart: "./charts/app" });
    };
    expectGrowth(sides(build));
  });
});

describe("but not what nobody names", () => {
  test.each<[string, (site: Site) => void]>([
    ["a file beside it", ({ stack, write }) => (write("other.txt"), void policy(stack, '${file("x.hcl")}'))],
    ["a bare word that is a file's name", ({ stack, write }) => (write("team"), void policy(stack, "team"))],
    [
      "a path of Vault at which no file is",
      ({ stack, write }) => (write("x.txt"), void policy(stack, 'path "a/b" {}')),
    ],
    [
      "what Terraform writes itself",
      ({ stack, write }) => (write(".terraform/x"), write("plan"), void policy(stack, "./plan")),
    ],
  ])("%s", (_, build) => expect(said(diffOf(sides(build)))).toEqual([]));
});

function bare(local: TerraformLocal): string {
  local.overrideLogicalId("d");
  return "local.d";
}

test("a pipe among the files keeps nobody waiting", () => {
  const pipe = join(folder, "pipes/pipe");
  mkdirSync(dirname(pipe));
  execFileSync("mkfifo", [pipe]);
  const same = sides(uses("archive_file", () => ({ source_dir: dirname(pipe), output_path: "out.zip" })));
  expect(said(diffOf(same))).toEqual([]);
});

describe("a path of which nothing is known, in a repository that is too large to read", () => {
  const whole = (files: number, bytes: number): WholeProject => new WholeProject({ files, bytes });

  test("is not read beyond a number of files or bytes, and the same for all stacks", () => {
    const [one, other] = [{}, {}];
    const enough = whole(1e6, 1e12);
    expect(enough.digestFor(one)).toMatch(/^[0-9a-f]{64}$/);
    expect(enough.wasTooLargeFor(one)).toBe(false);
    for (const small of [whole(3, 1e12), whole(1e6, 1000)]) {
      expect(small.digestFor(one)).toBe("not read: too large");
      expect([small.wasTooLargeFor(one), small.wasTooLargeFor(other)]).toEqual([true, false]);
    }
  });

  test("is listed in the report of a program, once for each stack that may read it", () => {
    const large = mkdtempSync(join(folder, "large-"));
    mkdirSync(join(large, ".git"));
    for (let file = 0; file <= 20_000; file += 1) writeFileSync(join(large, String(file)), "");
    const here = process.cwd();
    process.chdir(large);
    try {
      const program = (app: App): void => {
        for (const name of ["one", "two", "none"]) {
          const stack = new TerraformStack(app, name);
          new TerraformVariable(stack, "path", {}).overrideLogicalId("path");
          policy(stack, name === "none" ? "path" : "${file(var.path)}");
        }
        reading(app);
      };
      expect(said(diffOf({ base: program, head: program }))).toEqual(
        ["one", "two"].map((stack) => `unclassified changed unread stack  ${stack}`),
      );
    } finally {
      process.chdir(here);
    }
  });

  test("is unknown in each comparison, and never the same", () => {
    const node = {
      path: "raw",
      stack: "raw",
      block: "stack",
      type: "",
      name: "",
      reason: "unread",
      digest: "0".repeat(64),
    };
    const report = (stack: string): AccessReport =>
      readReport({ ...EMPTY, unclassified: [{ ...node, path: stack, stack }] });
    for (const head of [report("raw"), report("renamed")]) {
      const diff = diffReports(report("raw"), head);
      expect(diff.verdicts).toEqual(["unclassified"]);
      expect(renderDiffMarkdown(diff)).toContain(
        "**? what a stack reads of the repository cannot be compared**, it may read any file of the repository, and these are too many to look at: name the path in the program, in the stack",
      );
    }
    expect(diffReports(report("raw"), readReport(EMPTY)).verdicts).toEqual(["unclassified"]);
  });
});
