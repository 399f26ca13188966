import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "pg";
import type { Pod } from "../pod";
import type { PostgresServer } from "../servers/postgres";

/**
 * Plays the first start of the official postgres image on a server that is already running with an empty data folder:
 * the files of /docker-entrypoint-initdb.d, as superuser, in the order of their names. Paths below /vault/secrets that
 * they name are those of the played pod.
 *
 * @throws for a script that is not SQL: no shell of the image is here to run it
 */
export async function firstStart(server: PostgresServer, pod: Pod): Promise<string[]> {
  // The scripts end by taking the password of who runs them: a superuser of their own, so that the bench keeps its own.
  const password = randomBytes(18).toString("hex");
  await server.asSuperuser("postgres", `CREATE ROLE image_superuser SUPERUSER LOGIN PASSWORD '${password}'`);
  const client = await server.connect({ user: "image_superuser", password, database: "postgres" });
  const folder = pod.path("/docker-entrypoint-initdb.d");
  const files = readdirSync(folder).sort();
  try {
    for (const file of files) await run(client, folder, file, pod);
  } finally {
    await client.end();
  }
  return files;
}

async function run(client: Client, folder: string, file: string, pod: Pod): Promise<void> {
  if (!file.endsWith(".sql"))
    throw new Error(`the bench plays no ${file} of /docker-entrypoint-initdb.d: only .sql files`);
  await client.query(readFileSync(join(folder, file), "utf8").replace(/\/vault\/secrets\//g, `${pod.secretsDir}/`));
}
