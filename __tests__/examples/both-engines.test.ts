import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Every example on both engines, in one process: whatever asks for `cdktf` gets the engine whose turn it is, as with npm's alias
 * (docs/engines.md). Every test that needs no server runs on the fork in .github/workflows/ci.yml; this part is in each run.
 */
const ENGINES = ["cdktf", "cdktn"] as const;
type Engine = (typeof ENGINES)[number];
type Cdktf = typeof import("cdktf");
type Guest = typeof import("../../examples/teams/guest");

const root = join(__dirname, "../..");

/** Folders with a program: all of examples/, and the repository's own, which builds the shop. */
const PROGRAMS = ["", ...readdirSync(join(root, "examples")).map((name) => `examples/${name}`)].filter((folder) =>
  existsSync(join(root, folder, "main.ts")),
);

/** `<engine>/<program>/<file>` and its text. */
const written = new Map<string, string>();
const here = process.cwd();
const environment = process.env;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "leasehold-engines-"));
  for (const engine of ENGINES) {
    mkdirSync(join(folder, engine));
    on(engine, () => PROGRAMS.forEach((program) => run(engine, program)));
  }
  process.chdir(here);
  process.env = environment;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) written.set(path.slice(folder.length + 1), readFileSync(path, "utf8"));
  }
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function on(engine: Engine, body: () => void): void {
  jest.isolateModules(() => {
    // By its path: the name itself is what is taken over.
    jest.doMock("cdktf", () => jest.requireActual(join(root, "node_modules", engine)));
    body();
  });
}

/** As `cdktf synth` runs it, which says by CDKTF_OUTDIR where to write. Projects of their own are run in their folder. */
function run(engine: Engine, program: string): void {
  process.chdir(existsSync(join(root, program, "cdktf.json")) ? join(root, program) : root);
  const outdir = (name: string): string => join(folder, engine, name);
  process.env = {
    ...environment,
    CDKTF_OUTDIR: outdir(program === "" ? "shop" : program.replace("examples/", "")),
    MIGRATIONS_IMAGE: `registry.example.com/shop/migrations@sha256:${"0".repeat(64)}`,
  };
  jest.requireActual(join(root, program, "main.ts"));
  if (program !== "examples/teams") return;
  // Of the two programs in this folder, main.ts ran the owner's.
  const { App } = jest.requireMock<Cdktf>("cdktf");
  const app = new App({ outdir: outdir("guest") });
  jest.requireActual<Guest>("../../examples/teams/guest").guest(app);
  app.synth();
}

/**
 * Of each file what is the program's. Of Terraform JSON the version of the engine is left out. cdktn writes an empty list as `[]`,
 * cdktf on two lines: written anew, both are the same bytes, with the same order of keys.
 */
function comparable(path: string, text: string): string {
  if (!/\/(cdk\.tf|manifest)\.json$/.test(path)) return text;
  const json = JSON.parse(text) as { version?: string; "//"?: { metadata: { version?: string } } };
  versions.add(`${path.split("/")[0]} ${json["//"]?.metadata.version ?? json.version}`);
  delete json["//"]?.metadata.version;
  delete json.version;
  return JSON.stringify(json, undefined, 2);
}

const versions = new Set<string>();

test("every file of every example is the same on both engines, byte by byte but for the engine's version", () => {
  const of = (engine: Engine): [string, string][] =>
    [...written]
      .filter(([path]) => path.startsWith(`${engine}/`))
      .map(([path, text]): [string, string] => [path.slice(engine.length + 1), comparable(path, text)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  const [archived, fork] = ENGINES.map(of);
  expect(Object.fromEntries(fork)).toEqual(Object.fromEntries(archived));
  expect([...versions].sort()).toEqual([
    expect.stringMatching(/^cdktf 0\.21\./),
    expect.stringMatching(/^cdktn 0\.24\./),
  ]);
  // One that synthesizes nothing would be the same, too.
  const having = (file: RegExp): string[] =>
    archived.flatMap(([path]) => (file.test(path) ? [path.split("/")[0]] : []));
  const programs = ["guest", "shop", ...PROGRAMS.filter((name) => name).map((name) => name.replace("examples/", ""))];
  expect(having(/^[^/]+\/access\.json$/)).toEqual(programs.sort());
  expect([...new Set(having(/cdk\.tf\.json$/))]).toEqual(programs.sort());
});

test("assertions hold on both engines, and fail with the same words", () => {
  const [archived, fork] = ENGINES.map((engine) => {
    let words = "";
    on(engine, () => {
      const { App } = jest.requireMock<Cdktf>("cdktf");
      const { guest } = jest.requireActual<Guest>("../../examples/teams/guest");
      const { owner } = jest.requireActual<typeof import("../../examples/teams/owner")>("../../examples/teams/owner");
      const { expectAccess, expectNoAccess } =
        jest.requireActual<typeof import("../../assertions")>("../../assertions");
      const owning = new App({ outdir: join(folder, `${engine}-owner`) });
      owner(owning);
      expectAccess(owning)
        .of("bi/reporting")
        .toBe({ "shop.sales.customer(country, id)": ["SELECT"] });
      const visiting = new App({ outdir: join(folder, `${engine}-guest`) });
      guest(visiting);
      expectNoAccess(visiting, "*", "shop.sales.orders", { reviewed: "all" });
      try {
        expectNoAccess(owning, "bi/reporting", "shop.sales.customer");
      } catch (error) {
        words = String(error);
      }
    });
    return words;
  });
  expect(archived).toContain("eu/bi/reporting: SELECT");
  expect(fork).toBe(archived);
});
