import { spawn } from "child_process";
import { createHash } from "crypto";
import { once } from "events";
import * as fs from "fs";
import * as path from "path";
import { toolCache } from "../machine/tools";

/** Copies a folder with all that is in it. Node's own copy takes ten times the CPU time for the thousand files of a data directory. */
async function copy(from: string, to: string): Promise<void> {
  const child = spawn("cp", ["-R", "--", from, to], { stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`cp -R ${from} ${to} ended with ${code}`);
}

/**
 * What `initdb` makes for one version of PostgreSQL, kept in the cache of built tools: to copy it takes a tenth of the CPU time.
 * Nobody but this user can read it. Beside it is the password that its superuser has until somebody starts a copy, who gives it another.
 */
export class PostgresTemplate {
  private readonly folder: string;

  /**
   * @param version of the binaries, to the last digit
   * @param initdb the arguments that it is made with: with others it is another template
   */
  constructor(version: string, initdb: readonly string[]) {
    const digest = createHash("sha256").update(JSON.stringify(initdb)).digest("hex").slice(0, 12);
    this.folder = path.join(toolCache(), `postgres-template-${version}-${digest}`);
  }

  /** Copies it to a path where nothing is. @returns the password of its superuser; nothing where there is no template */
  async copyTo(data: string): Promise<string | undefined> {
    if (!fs.existsSync(this.folder)) return undefined;
    await copy(path.join(this.folder, "data"), data);
    return fs.readFileSync(path.join(this.folder, "password"), "utf8");
  }

  /** Keeps this data directory, of a server that was never started, as the template. Without a cache that can be written, nothing is kept. */
  async keep(data: string, password: string): Promise<void> {
    const draft = `${this.folder}.${process.pid}.${path.basename(path.dirname(data))}`;
    try {
      fs.mkdirSync(toolCache(), { recursive: true });
      fs.mkdirSync(draft, { mode: 0o700 });
    } catch {
      return;
    }
    try {
      await copy(data, path.join(draft, "data"));
      fs.writeFileSync(path.join(draft, "password"), password, { mode: 0o600 });
      // Under its name when it is whole: another process sees all of it or nothing.
      fs.renameSync(draft, this.folder);
    } catch {
      // Another process was first, or nothing can be written here.
      fs.rmSync(draft, { recursive: true, force: true });
    }
  }
}
