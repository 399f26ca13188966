import { createHash } from "crypto";
import * as fs from "fs";
import * as path from "path";
import { toolCache } from "../machine/tools";

/**
 * What `initdb` makes for one version of PostgreSQL, kept in the cache of built tools: to copy it takes a fifth of the CPU time.
 * Nobody but this user can read it. Whoever starts a copy gives its superuser a password of its own first.
 */
export class PostgresTemplate {
  private readonly folder: string;

  /**
   * @param version of the binaries, to the last digit
   * @param initdb the arguments that it is made with: with others it is another template
   */
  constructor(version: string, initdb: readonly string[]) {
    const digest = createHash("sha256").update(JSON.stringify(initdb)).digest("hex").slice(0, 12);
    this.folder = path.join(toolCache(), `postgres-data-${version}-${digest}`);
  }

  /** Copies it. @returns whether there was one */
  async copyTo(data: string): Promise<boolean> {
    if (!fs.existsSync(this.folder)) return false;
    await fs.promises.cp(this.folder, data, { recursive: true, mode: fs.constants.COPYFILE_FICLONE });
    return true;
  }

  /** Keeps this data directory, of a server that was never started, as the template. Without a cache that can be written, nothing is kept. */
  async keep(data: string): Promise<void> {
    const draft = `${this.folder}.${process.pid}.${path.basename(path.dirname(data))}`;
    try {
      fs.mkdirSync(toolCache(), { recursive: true });
    } catch {
      return;
    }
    try {
      await fs.promises.cp(data, draft, { recursive: true });
      // Under its name when it is whole: another process sees all of it or nothing.
      fs.renameSync(draft, this.folder);
    } catch {
      // Another process was first, or nothing can be written here.
      fs.rmSync(draft, { recursive: true, force: true });
    }
  }
}
