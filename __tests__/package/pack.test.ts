import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The package as its users get it: packed, unpacked beside links to the peers that we have, and nothing else of ours. */
const root = join(__dirname, "../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const optional = Object.keys(manifest.peerDependenciesMeta);
const peers = Object.keys(manifest.peerDependencies).filter((name) => !optional.includes(name));

let project: string;
let files: string[];

function run(command: string, args: readonly string[], cwd = project): { code: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 200_000 });
  if (error) throw error;
  return { code: status, output: stdout + stderr };
}

function link(name: string): void {
  const to = join(project, "node_modules", name);
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(join(root, "node_modules", name), to);
}

/** Files under a folder of the repository, with paths from its root. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1));
}

function typeCheck(
  compiler: string,
  module: string,
  moduleResolution: string,
  libraries: boolean,
  ...more: readonly string[]
): string[] {
  const compilerOptions = {
    target: "ES2022",
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: !libraries,
    types: ["node"],
    outDir: "out",
  };
  const config = `tsconfig.${moduleResolution}.json`;
  writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const { output } = run(process.execPath, [join(root, "node_modules", compiler, "bin/tsc"), "-p", config, ...more]);
  return output.split("\n").filter((line) => line !== "");
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "leasehold-package-"));
  const packed = run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`npm pack made nothing\n${packed.output}`);
  const home = join(project, "node_modules/leasehold");
  mkdirSync(home, { recursive: true });
  run("tar", ["-xzf", join(project, tarball), "-C", home, "--strip-components=1"]);
  files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(home.length + 1));
  [...peers, "@types/node"].forEach(link);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "sample", private: true }));
  copyFileSync(join(__dirname, "program.ts.txt"), join(project, "program.ts"));
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe("the tarball", () => {
  it("holds every module, with its types", () => {
    const missing = ["access", "assertions", "audit", "bench", "cli", "constructs", "forge", "render", "stacks"]
      .flatMap(sources)
      .flatMap((path) => {
        return path.endsWith(".ts") ? [`dist/${path.slice(0, -3)}.js`, `dist/${path.slice(0, -3)}.d.ts`] : [];
      })
      .filter((path) => !files.includes(path));
    expect(missing).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
  });

  it("holds what the servers are built from", () => {
    const modules = ["etcd", "kube-apiserver", "vault"].flatMap((tool) => sources(`tools/${tool}`));
    expect(modules).toEqual(
      expect.arrayContaining(["tools/vault/go.mod", "tools/vault/go.sum", "tools/vault/main.go"]),
    );
    expect(files).toEqual(expect.arrayContaining(modules));
  });

  it("holds nothing else: no tests, no demo, no source, and of the examples those that init copies", () => {
    const expected =
      /^(package\.json|README\.md|LICENSE|docs\/[^/].*|schema\/access-1\.json|examples\/(existing|sandbox)\/.+|tools\/(etcd|kube-apiserver|vault)\/go\.(mod|sum)|tools\/vault\/(main\.go|left-out\/.+\/(go\.mod|[a-z0-9-]+\.go))|dist\/(access|assertions|audit|bench|cli|constructs|forge|render|stacks)\/.+(\.js|\.d\.ts|\.json))$/;
    expect(files.filter((path) => !expected.test(path))).toEqual([]);
  });

  it("names no path of the machine that packed it", () => {
    const home = join(project, "node_modules/leasehold");
    const telling = files.filter((path) => readFileSync(join(home, path), "utf8").includes(root));
    expect(telling).toEqual([]);
  });
});

describe("a program of a user", () => {
  it.each([
    ["typescript", "commonjs", "node10"],
    ["typescript", "node16", "node16"],
    ["typescript-7", "commonjs", "bundler"],
    ["typescript-7", "node16", "node16"],
  ])("type-checks with %s, module %s and moduleResolution %s", (compiler, module, moduleResolution) => {
    expect(typeCheck(compiler, module, moduleResolution, false)).toEqual([]);
  });

  it("compiles without the provider's declarations of what runs pods, 0.8 MB for each kind", () => {
    const read = typeCheck("typescript-7", "node16", "node16", false, "--listFilesOnly");
    expect(read.filter((file) => file.includes("leasehold/dist/constructs/"))).not.toEqual([]);
    expect(read.filter((file) => /provider-kubernetes\/lib\/[^/]+\/index-structs/.test(file))).toEqual([]);
  });

  it("finds nothing wrong in our types when libraries are checked too", () => {
    const ours = typeCheck("typescript-7", "node16", "node16", true).filter((line) =>
      line.includes("node_modules/leasehold"),
    );
    expect(ours).toEqual([]);
  });

  it("asserts who has access, with the types of jest's expect and without jest", () => {
    link("expect");
    const lines = [
      `import { expect } from "expect";`,
      `import { accessMatchers, expectNoAccess } from "leasehold/assertions";`,
      `expect.extend(accessMatchers);`,
      `const graph = { identities: [], databases: [], edges: [], deliveries: [] } as const;`,
      `expect(graph).not.toGrant("*", "ANY", "payments.*", { unknown: "allow" });`,
      `// @ts-expect-error a misspelt privilege is refused`,
      `void (() => expect(graph).toGrant("*", "SELCT", "payments.*"));`,
      `expectNoAccess(graph, "*", "payments.*");`,
    ];
    writeFileSync(join(project, "program.ts"), lines.join("\n"));
    expect(typeCheck("typescript-7", "node16", "node16", false)).toEqual([]);
    expect(typeCheck("typescript", "commonjs", "node10", false)).toEqual([]);
    expect(run(process.execPath, [join(project, "out/program.js")]).output).toContain(
      "AccessAssertionError: expected nobody to have any privilege on payments.*, and that cannot be told",
    );
    copyFileSync(join(__dirname, "program.ts.txt"), join(project, "program.ts"));
    typeCheck("typescript-7", "node16", "node16", false);
  });

  it("runs, and writes the lease functions into the JSON", () => {
    const outdir = join(project, "cdktf.out");
    const { code, output } = run(process.execPath, [join(project, "out/program.js"), outdir]);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"edges":1') });
    const json = readFileSync(join(outdir, "stacks/access/cdk.tf.json"), "utf8");
    const functions = Object.values(JSON.parse(json).resource.postgresql_function) as {
      name: string;
      language: string;
      body: string;
    }[];
    expect(functions.map(({ name }) => name).sort()).toEqual(
      expect.arrayContaining(["close", "issue", "live", "renew", "revoke", "sweep"]),
    );
    for (const { language, body } of functions) expect(body).toMatch(language === "sql" ? /^SELECT '/ : /pg_catalog\./);
    expect(json).not.toContain(project);
  });

  it("finds the Go modules of the servers from leasehold/testing tools", () => {
    const tools = join(project, "node_modules/leasehold/dist/bench/machine/tools.js");
    // No Go toolchain on this PATH: it must fail for that, and not for want of something to build.
    const script = `process.env.PATH = ""; process.env.LEASEHOLD_CACHE = ${JSON.stringify(join(project, "cache"))};
      require(${JSON.stringify(tools)}).findTool("etcd").catch((error) => console.log(error.message));`;
    expect(run(process.execPath, ["-e", script]).output).toContain("no Go toolchain");
    expect(existsSync(join(project, "cache/build.lock"))).toBe(false);
  });

  it("is told which package to install when leasehold/testing misses one, and gets it when it has it", () => {
    const load = ["-e", `console.log(typeof require("leasehold/testing").startBench)`];
    expect(run(process.execPath, load)).toEqual({ code: 0, output: "function\n" });
    const use = `require("leasehold/testing").connect({ user: "u", password: "p", host: "h" }, () => ({ host: "127.0.0.1", port: 1 }))`;
    const connect = ["-e", `${use}.catch((error) => console.log(error.message))`];
    expect(run(process.execPath, connect).output).toMatch(/npm install .*pg/);
    ["pg", "@types/pg"].forEach(link);
    expect(run(process.execPath, connect).output).toContain("ECONNREFUSED");
    writeFileSync(
      join(project, "program.ts"),
      `import { Bench, startBench } from "leasehold/testing";\nexport const bench: Promise<Bench> = startBench({ postgres: [] });\n`,
    );
    expect(typeCheck("typescript-7", "node16", "node16", false)).toEqual([]);
    expect(typeCheck("typescript", "commonjs", "node10", false)).toEqual([]);
  });
});
