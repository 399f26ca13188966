import { sha256 } from "../../../access/model/digest";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

/** What Terraform and others put into a folder, and no part of it. */
const SKIPPED = new Set([
  ...[".git", ".terraform", ".terraform.lock.hcl", "node_modules", "cdktf.out"],
  ...["cdk.tf.json", "cdk.tf", "terraform.tfstate", "terraform.tfstate.backup"],
]);

/** Files that name others of their own accord: code of modules, charts, and what kustomize puts together. */
const NAMES_OTHERS = /\.(tf|tofu)(\.json)?$|^Chart\.ya?ml$|^kustomization\.ya?ml$/;

/** What these files name outside of their folder: by `../`, by the folder in which Terraform is run, and by a whole path. */
const OUTSIDE =
  /(?:\$\{path\.(?:root|cwd)\}\/(?:\.\.\/)*|(?:\$\{path\.module\}\/)?(?:\.\.\/)+|(?<=["'\s])\/(?!\/))[\w@.+/-]+/g;

/** What belongs to the machine, and not to the program. */
const OF_THE_MACHINE = /^\/(bin|boot|dev|etc|lib\w*|opt|proc|root|run|sbin|sys|usr|var)(\/|$)/;

/** Whether a file or folder may belong to the program. @param project see `projectFolder` */
export function mayBeOurs(path: string, project: string, folder: string): boolean {
  return isIn(path, project) || isIn(path, folder) || !OF_THE_MACHINE.test(path);
}

/** The repository that the program is in, as far as it can be told: else the folder that it is run in. */
export function projectFolder(): string {
  const start = process.cwd();
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, ".git"))) return folder;
  return start;
}

export function isIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`);
}

/** How much of a project is read for a path of which nothing is known. */
export interface ReadingLimits {
  readonly files: number;
  readonly bytes: number;
}

const LIMITS: ReadingLimits = { files: 20_000, bytes: 256 * 1024 * 1024 };

/** All files of the project, for paths of which nothing is known. They are read once for a program, when the first of them is met. */
export class WholeProject {
  private readonly askedBy = new Set<object>();
  private known?: string;

  constructor(private readonly limits = LIMITS) {}

  /** SHA-256 of all of it; where that is too much to read, the same text for whatever is in it. @param by whoever asks */
  digestFor(by: object): string {
    this.askedBy.add(by);
    return (this.known ??= this.read());
  }

  /** Whether this one asked, and there was too much to read: then nobody can tell whether it changed. */
  wasTooLargeFor(by: object): boolean {
    return this.known === TOO_LARGE && this.askedBy.has(by);
  }

  private read(): string {
    try {
      return contentOf(projectFolder(), { limits: this.limits }) ?? "nothing";
    } catch (error) {
      if (error instanceof TooLarge) return TOO_LARGE;
      throw error;
    }
  }
}

const TOO_LARGE = "not read: too large";

class TooLarge extends Error {}

/**
 * SHA-256 of a file, or of a folder with all that is in it, and with what its files name outside of it.
 *
 * @returns undefined where nothing is there
 */
export function contentOf(path: string, how: How = {}): string | undefined {
  return new Reading(how).of(path);
}

interface How {
  /** What a file reads in its turn. @default - nothing */
  readonly readBy?: (content: string) => readonly string[];
  /** Whether a folder counts, too. @default true */
  readonly folders?: boolean;
  /** Where Terraform is run. @default - nothing is looked for there */
  readonly root?: string;
  /** What is larger is not read. @default - everything is read */
  readonly limits?: ReadingLimits;
}

/** One reading, which reads no place twice. */
class Reading {
  private readonly read = new Set<string>();

  private readonly naming: string[] = [];

  private files = 0;
  private bytes = 0;

  constructor(private readonly how: How) {}

  of(path: string): string | undefined {
    const { folders = true } = this.how;
    let real: string;
    try {
      // Most words of a program are no path: to ask for the place alone is a tenth of the work.
      if (!statSync(path, { throwIfNoEntry: false })) return undefined;
      real = realpathSync(path);
    } catch {
      // It is not there: Terraform will say so.
      return undefined;
    }
    try {
      if (!statSync(real).isDirectory()) return this.file(real);
      return folders ? sha256(JSON.stringify([this.folder(real), this.outside(real)])) : undefined;
    } catch (error) {
      if (error instanceof TooLarge) throw error;
      // It is there and cannot be read: that is said, so that one that can is another one.
      return `not read: ${(error as { readonly code?: string }).code ?? "unknown"}`;
    }
  }

  private file(path: string): string {
    // A pipe or a device has no end, or waits for somebody to write.
    const stat = statSync(path);
    if (!stat.isFile()) return "not read: no file";
    this.files += 1;
    this.bytes += stat.size;
    const { files, bytes } = this.how.limits ?? { files: Infinity, bytes: Infinity };
    if (this.files > files || this.bytes > bytes) throw new TooLarge();
    const content = readFileSync(path);
    const further = this.how.readBy?.(content.toString("utf8")) ?? [];
    return further.length === 0 ? sha256(content) : sha256(JSON.stringify([sha256(content), further]));
  }

  private folder(path: string): unknown {
    if (this.read.has(path)) return "above";
    this.read.add(path);
    return readdirSync(path)
      .filter((name) => !SKIPPED.has(name))
      .sort()
      .map((name) => {
        const inner = join(path, name);
        // A link that leads nowhere has no content.
        if (!existsSync(inner)) return [name, null];
        const real = realpathSync(inner);
        if (statSync(real).isDirectory()) return [name, this.folder(real)];
        if (NAMES_OTHERS.test(name)) this.naming.push(real);
        return [name, this.file(real)];
      });
  }

  private outside(folder: string): unknown[] {
    const { root = folder } = this.how;
    const project = projectFolder();
    const found: unknown[] = [];
    for (let file = this.naming.pop(); file !== undefined; file = this.naming.pop())
      for (const [word] of readFileSync(file, "utf8").matchAll(OUTSIDE)) {
        const bare = word.replace(/^\$\{[^}]*\}\//, "");
        // A path without `path.module` is read from where Terraform is run, and the source of a module from where it stands.
        for (const there of new Set([resolve(dirname(file), bare), resolve(root, bare)])) {
          if (isIn(there, folder) || there === folder || isIn(folder, there) || !existsSync(there)) continue;
          const real = realpathSync(there);
          const inside = statSync(real).isDirectory();
          if (this.read.has(real) || !mayBeOurs(real, project, root) || (inside && isAbsolute(bare))) continue;
          found.push([word, inside ? this.folder(real) : this.once(real)]);
        }
      }
    return found;
  }

  private once(file: string): string {
    this.read.add(file);
    return this.file(file);
  }
}
