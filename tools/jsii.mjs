// Compiles the public surface with jsii, as Python, Java, Go and C# would see it: exit code 0 without an error or a warning.
//
// jsii wants one entry beside the sources and a manifest of its own kind, so a copy of the sources is compiled: the
// package that is published is built by `npm run build`, and nothing of jsii's output goes into it.
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderApi, unsaid } from "./api.mjs";
import { root, start } from "./install.mjs";
import { renderShapes } from "./option-shapes.mjs";

const ROOMS = ["access", "constructs", "render", "stacks"];

const folder = mkdtempSync(join(tmpdir(), "leasehold-jsii-"));
try {
  for (const room of ROOMS) cpSync(join(root, room), join(folder, room), { recursive: true });
  leaveOut(folder);
  cpSync(join(root, "README.md"), join(folder, "README.md"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "index.ts"), 'export * from "./constructs";\nexport * from "./stacks";\n');
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest(), null, 2));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig(), null, 2));
  const jsii = join(root, "node_modules", "jsii", "bin", "jsii");
  const args = [
    jsii,
    "--tsconfig",
    "tsconfig.json",
    "--validate-tsconfig",
    "minimal",
    "--fail-on-warnings",
    "--silence-warnings",
    "reserved-word",
  ];
  process.exitCode = await start(process.execPath, args, { cwd: folder });
  if (process.exitCode === 0) process.exitCode = report(JSON.parse(readFileSync(join(folder, ".jsii"), "utf8")));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Says what is public and undocumented, and whether the files that are written from the surface say the same; `--write` makes it so. */
function report(assembly) {
  const missing = unsaid(assembly);
  if (missing.length > 0) {
    process.stdout.write(`jsii: nothing is said about ${missing.join(", ")}: give each a comment\n`);
    return 1;
  }
  const generated = { "docs/api.md": renderApi(assembly), "constructs/private/shapes.ts": renderShapes() };
  for (const [file, text] of Object.entries(generated)) {
    const path = join(root, file);
    if (process.argv.includes("--write")) writeFileSync(path, text);
    else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      process.stdout.write(`jsii: ${file} is not what the public surface says: run \`npm run jsii -- --write\`\n`);
      return 1;
    }
  }
  process.stdout.write("jsii: the public surface compiles without a warning, and what is written from it is fresh.\n");
  return 0;
}

/** The model of access is for programs in TypeScript: other languages read `access.json`. */
function leaveOut(folder) {
  const index = join(folder, "constructs", "index.ts");
  writeFileSync(index, readFileSync(index, "utf8").replace('export * from "../access";\n', ""));
}

/** The package as jsii wants it: what is reachable from the public types only, each at the lowest version of its range. */
function manifest() {
  const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const peers = Object.fromEntries(
    Object.entries(own.peerDependencies).filter(([name]) => own.peerDependenciesMeta?.[name]?.optional !== true),
  );
  const { name, version, description, license, repository, keywords } = own;
  return {
    ...{ name, version, description, license, repository, keywords },
    main: "index.js",
    types: "index.d.ts",
    author: { name: "Leasehold authors", url: own.homepage, organization: true },
    stability: "experimental",
    peerDependencies: peers,
    devDependencies: Object.fromEntries(
      Object.entries(peers).map(([peer, range]) => [peer, /\d+\.\d+\.\d+/.exec(range)[0]]),
    ),
    jsii: { outdir: "dist", versionFormat: "short", targets: {} },
  };
}

/** The project's own rules of TypeScript, in the form that jsii accepts. */
function tsconfig() {
  const own = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).compilerOptions;
  const kept = ["target", "module", "moduleResolution", "lib", "strict", "esModuleInterop", "skipLibCheck"];
  return {
    compilerOptions: {
      ...Object.fromEntries(kept.map((key) => [key, own[key]])),
      ...{ declaration: true, types: ["node"], inlineSourceMap: true, inlineSources: true, noEmitOnError: true },
    },
    include: ["index.ts"],
    exclude: ["node_modules"],
  };
}
