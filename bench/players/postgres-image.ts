import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { Pod } from "./pod";
import type { PostgresServer } from "../servers/postgres";

/**
 * Plays the first start of the official postgres image on a server that already runs with an empty data folder. It runs
 * the files of /docker-entrypoint-initdb.d, as superuser, in the order of their names. Paths below /vault/secrets that
 * they name are those of the played pod.
 *
 * @throws for a script that is not SQL: no shell of the image is here to run it
 */
export async function firstStart(server: PostgresServer, pod: Pod): Promise<string[]> {
  // The scripts end by removing the password of the superuser that runs them. So they run as another superuser than
  // that of the test server.
  const password = randomBytes(18).toString("hex");
  await server.asSuperuser("postgres", `CREATE ROLE image_superuser SUPERUSER LOGIN PASSWORD '${password}'`);
  const connect = (database: string): Promise<Client> =>
    server.connect({ user: "image_superuser", password, database });
  const folder = pod.path("/docker-entrypoint-initdb.d");
  const files = readdirSync(folder).sort();
  // One of the scripts takes the password away, so that what comes after it needs a connection that is open already.
  const first = await connect("postgres");
  const within: Within = async (database, use) => {
    if (database === "postgres") return use(first);
    const client = await connect(database);
    await use(client).finally(() => client.end());
  };
  try {
    for (const file of files) await run(within, folder, file, pod, server.superuser.user);
  } finally {
    await first.end();
  }
  return files;
}

/** Gives a connection to a database to whoever uses it, and takes it back. */
type Within = (database: string, use: (client: Client) => Promise<void>) => Promise<void>;

/** One file, as `psql --file` runs it: `\connect` is the one command of psql that is known here. */
async function run(within: Within, folder: string, file: string, pod: Pod, owner: string): Promise<void> {
  if (!file.endsWith(".sql"))
    throw new Error(`the bench plays no ${file} of /docker-entrypoint-initdb.d: only .sql files`);
  const text = readFileSync(join(folder, file), "utf8").replace(/\/vault\/secrets\//g, `${pod.secretsDir}/`);
  const [first, ...others] = text.split(/^\\connect (\w+)\n/m);
  const parts = [["postgres", first]];
  for (let at = 0; at < others.length; at += 2) parts.push([others[at], others[at + 1]]);
  for (const [database, sql] of parts)
    await within(database, async (client) => {
      await client.query(sql);
      // The image runs them as the first superuser of its server, who owns what they make.
      await client.query(`REASSIGN OWNED BY CURRENT_USER TO "${owner}"`);
    });
}
