import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { install, packedLibrary, Ran, root, run } from "../examples/project";

let folder: string;
let library: string;

beforeAll(() => {
  const packed = packedLibrary();
  folder = packed.folder;
  // The command as it is installed: what it copies has to be in the package.
  install(folder, packed.tarball);
  library = join(folder, "node_modules/leasehold/dist/cli/main.js");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const leasehold = (...args: string[]): Ran => run(process.execPath, [library, ...args], folder);

describe.each(["sandbox", "existing"])("init --%s", (kind) => {
  const project = (): string => join(folder, kind);
  const json = (file: string): Record<string, never> => JSON.parse(readFileSync(join(project(), file), "utf8"));

  beforeAll(() => {
    expect(leasehold("init", kind, `--${kind}`)).toMatchObject({
      code: 0,
      output: expect.stringContaining("npm test"),
    });
    const [tarball] = readdirSync(join(project(), "vendor"));
    install(project(), join(project(), "vendor", tarball));
  });

  test("takes leasehold from the project itself, and never by a name that anybody could register", () => {
    const [tarball] = readdirSync(join(project(), "vendor"));
    expect(json("package.json").dependencies).toMatchObject({ leasehold: `file:vendor/${tarball}`, cdktf: "^0.21.0" });
    const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    expect(Object.keys(json("package.json").dependencies).sort()).toEqual([...peers, "leasehold"].sort());
  });

  test("synthesizes with the command of its cdktf.json, and the report shows the grants", () => {
    expect(run("sh", ["-c", json("cdktf.json").app], project())).toMatchObject({ code: 0 });
    const { output } = run(process.execPath, [library, "access"], project());
    expect(output).toMatch(/\/shop\/web +SELECT +shop\.public\.orders\(id, wizard\)/);
    // Lines are those of the program, to which a forge can link, and not of what was compiled of it.
    const { output: why } = run(
      process.execPath,
      [library, "why", "shop/web", "SELECT", "shop.public.wizard"],
      project(),
    );
    expect(why).toMatch(/ program\.ts:\d+/);
    expect(why).not.toContain("out/");
    expect(readdirSync(join(project(), "cdktf.out/stacks")).sort()).toEqual(
      kind === "sandbox"
        ? ["access", "databases", "platform", "postgres", "vault-config", "workloads"]
        : ["access", "databases", "vault-config", "workloads"],
    );
  });

  test("says no order of its stacks: each comes after what it refers to", () => {
    const { stacks } = JSON.parse(readFileSync(join(project(), "cdktf.out/manifest.json"), "utf8"));
    const after = (name: string): string[] =>
      stacks[name].dependencies.flatMap((needed: string) => [needed, ...after(needed)]);
    if (kind === "sandbox") {
      expect(after("vault-config")).toContain("platform");
      expect(after("postgres")).toContain("vault-config");
      expect(after("databases")).toContain("postgres");
    }
    expect(after("databases")).toContain("vault-config");
    expect(after("access")).toContain("databases");
    expect(after("workloads")).toContain("access");
    expect(readFileSync(join(project(), "program.ts"), "utf8")).not.toContain("after:");
  });

  test("passes its own test, which fails when the program grants more", () => {
    const test = json("package.json").scripts["test"] as string;
    expect(test).toBe("npm run --silent build && node --test out/access.test.js");
    expect(run("sh", ["-c", test], project())).toMatchObject({ code: 0, output: expect.stringMatching(/pass 2\b/) });
    const program = join(project(), "program.ts");
    const text = readFileSync(program, "utf8");
    writeFileSync(program, text.replace('table("wizard").grants.read(web)', 'table("wizard").grants.readWrite(web)'));
    expect(run("sh", ["-c", test], project())).toMatchObject({ code: 1, output: expect.stringMatching(/fail 2\b/) });
    writeFileSync(program, text);
  });

  test("has what belongs into a repository, and nothing half", () => {
    expect(readFileSync(join(project(), ".gitignore"), "utf8")).toContain("*.tfstate*");
    expect(existsSync(join(project(), ".github/workflows/access.yml"))).toBe(true);
    expect(existsSync(join(project(), "gitignore"))).toBe(false);
    expect(statSync(project()).mode & 0o077).toBe(0o077 & ~process.umask());
    expect(json("cdktf.json").projectId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("what init refuses", () => {
  test.each<[string[], string]>([
    [["full"], 'folder "full" is not empty: name one that is, or that does not exist yet'],
    [["full/file"], 'folder "full/file" cannot be used (ENOTDIR): name one that is empty, or that does not exist yet'],
    [["new", "--sandbox", "--existing"], "--sandbox and --existing were given: choose one of them"],
    [["new", "--package", "leasehold"], '--package "leasehold" is a bare name, which anybody may register'],
    [[], "<folder> is missing. Usage: leasehold init <folder>"],
  ])("%j", (args, message) => {
    mkdirSync(join(folder, "full"), { recursive: true });
    writeFileSync(join(folder, "full/file"), "mine");
    const before = readdirSync(folder).sort();
    expect(leasehold("init", ...args)).toMatchObject({
      code: 1,
      output: expect.stringContaining(`leasehold: ${message}`),
    });
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readdirSync(join(folder, "full"))).toEqual(["file"]);
  });

  test("what npm cannot pack leaves nothing behind", () => {
    const before = readdirSync(folder).sort();
    const { code, output } = run("env", ["PATH=/nowhere", process.execPath, library, "init", "new"], folder);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining("--package <address>") });
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

test("an empty folder is filled, with an address where one is given", () => {
  mkdirSync(join(folder, "empty"));
  const address = "git+https://git.example.com/leasehold.git#0123456789abcdef0123456789abcdef01234567";
  expect(leasehold("init", "empty", "--package", address).code).toBe(0);
  expect(JSON.parse(readFileSync(join(folder, "empty/package.json"), "utf8")).dependencies.leasehold).toBe(address);
  expect(existsSync(join(folder, "empty/vendor"))).toBe(false);
});
