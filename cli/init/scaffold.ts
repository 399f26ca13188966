import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../command/command";
import { packageRoot } from "../command/package-root";

/** What a project is scaffolded for: a folder of that name in examples/. */
export type Kind = "sandbox" | "existing";

interface Manifest {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Writes a project into a folder that does not exist or is empty: all of it, or nothing.
 *
 * @param source What npm installs as `leasehold`: an address of a tarball or of a git repository.
 * @default - this very package, packed into the project's folder `vendor`: no registry is asked for a name that a stranger
 * could have registered
 * @throws UsageError
 */
export function scaffold(folder: string, kind: Kind, source?: string): void {
  const target = resolve(folder);
  refuseUnlessEmpty(folder, target);
  // Beside the target, so that one rename puts it there.
  mkdirSync(dirname(target), { recursive: true });
  const half = mkdtempSync(join(dirname(target), ".leasehold-init-"));
  try {
    const root = packageRoot();
    cpSync(join(root, "examples", kind), half, { recursive: true });
    // npm leaves files of this name out of what it packs.
    renameSync(join(half, "gitignore"), join(half, ".gitignore"));
    fillIn(half, basename(target), root, source ?? vendored(half, root));
    // A temporary folder is for its owner alone; a project is not.
    chmodSync(half, 0o777 & ~process.umask());
    if (existsSync(target)) rmdirSync(target);
    renameSync(half, target);
  } catch (error) {
    rmSync(half, { recursive: true, force: true });
    throw error;
  }
}

function refuseUnlessEmpty(folder: string, target: string): void {
  const name = JSON.stringify(folder);
  try {
    if (readdirSync(target).length > 0)
      throw new UsageError(`folder ${name} is not empty: name one that is, or that does not exist yet`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === undefined) throw error;
    throw new UsageError(`folder ${name} cannot be used (${code}): name one that is empty, or that does not exist yet`);
  }
}

/** This package, packed into the project: it is installed as it is here, with a checksum in the lock file. */
function vendored(project: string, root: string): string {
  const vendor = join(project, "vendor");
  mkdirSync(vendor);
  try {
    const flags = ["pack", "--ignore-scripts", "--silent", "--pack-destination", vendor];
    execFileSync("npm", flags, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: Buffer };
    throw new UsageError(
      `npm could not pack ${root}: ${stderr?.toString().trim() || message}\nGive an address to install from with --package <address>`,
    );
  }
  const [tarball] = readdirSync(vendor);
  if (!readdirSync(root).includes("dist"))
    throw new UsageError(`${root} is not built: run npm run build there, or give an address with --package <address>`);
  return `file:vendor/${tarball}`;
}

function fillIn(project: string, name: string, root: string, source: string): void {
  const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, "utf8"));
  const write = (file: string, content: unknown): void =>
    writeFileSync(join(project, file), `${JSON.stringify(content, null, 2)}\n`);
  const { peerDependencies, peerDependenciesMeta } = read(join(root, "package.json")) as unknown as Manifest;
  const needed = Object.entries(peerDependencies).filter(([peer]) => peerDependenciesMeta[peer]?.optional !== true);
  // The first of the engines that we accept; others come by an npm alias.
  const cdktf = peerDependencies.cdktf.split(" || ")[0];
  write("package.json", {
    ...read(join(project, "package.json")),
    name: npmName(name),
    dependencies: Object.fromEntries(
      [...needed, ["cdktf", cdktf], ["leasehold", source]].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    devDependencies: { "@types/node": "^20.19.0", "cdktf-cli": cdktf, typescript: "^7.0.2" },
  });
  write("cdktf.json", { ...read(join(project, "cdktf.json")), projectId: randomUUID() });
}

/** A name that npm takes; the package is private, so it names nothing but itself. */
function npmName(name: string): string {
  return (
    name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .replace(/^[._-]+|-+$/g, "") || "leasehold-project"
  );
}
