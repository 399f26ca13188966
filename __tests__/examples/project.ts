import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = join(__dirname, "../..");

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export function run(command: string, args: readonly string[], cwd: string): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 120_000 });
  if (error) throw error;
  return { code: status, output: stdout + stderr };
}

/** A folder with the packed library in it, as `npm pack` makes it of what was built. */
export function packedLibrary(): { readonly folder: string; readonly tarball: string } {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-examples-"));
  const { output } = run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`npm pack made nothing\n${output}`);
  return { folder, tarball: join(folder, tarball) };
}

/** What `npm install` does for a project, without a registry: the tarball unpacked, and links to the packages that we have. */
export function install(project: string, tarball: string): void {
  const modules = join(project, "node_modules");
  const library = join(modules, "leasehold");
  mkdirSync(library, { recursive: true });
  const { code, output } = run("tar", ["-xzf", tarball, "-C", library, "--strip-components=1"], project);
  if (code !== 0) throw new Error(output);
  linkPeers(project);
}

/** Links to the packages that we have, and not the library itself. */
export function linkPeers(project: string): void {
  const modules = join(project, "node_modules");
  const { peerDependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const link = (name: string, ours: string): void => {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", ours), join(modules, name));
  };
  for (const name of [...peers, "@types/node", ".bin/cdktf"]) link(name, name);
  // The version that the README and `leasehold init` name. Which of our two is in .bin is npm's choice.
  link("typescript", "typescript-7");
  link(".bin/tsc", "typescript-7/bin/tsc");
}
