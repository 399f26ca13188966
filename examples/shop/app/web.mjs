// The web app of the shop: a pool of node-postgres that lives through rotations. `Reload.httpPost({ port: 8080, path: "/reload" })`.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import pg from "pg";

const FILE = process.env.LOGIN_FILE ?? "/vault/secrets/shop";

/** A pool with the login that is in the file now, and how many queries it serves. */
function opened() {
  const pool = new pg.Pool({ connectionString: readFileSync(FILE, "utf8"), max: 4 });
  // A connection that ends while nobody uses it: the pool opens another one. Without a listener Node.js would end the app.
  pool.on("error", (error) => console.error(error.message));
  return { pool, queries: 0 };
}

let now = opened();

async function query(text) {
  const mine = now;
  mine.queries += 1;
  try {
    return await mine.pool.query(text);
  } finally {
    mine.queries -= 1;
    // A pool that is told to end forgets the queries that wait for a connection: so its last query ends it.
    if (mine !== now && mine.queries === 0) await mine.pool.end();
  }
}

/** What begins after this uses the login that is in the file now. What has begun ends with the old one. */
async function reload() {
  const old = now;
  now = opened();
  if (old.queries === 0) await old.pool.end();
}

/** `POST /reload` is for the agent; everything else counts the wizards. */
const web = createServer(async (request, response) => {
  try {
    if (request.method === "POST" && request.url === "/reload") {
      await reload();
      response.writeHead(204).end();
    } else {
      const { rows } = await query("SELECT current_user AS login, count(*)::int AS wizards FROM sales.wizard");
      response.setHeader("content-type", "application/json").end(JSON.stringify(rows[0]));
    }
  } catch (error) {
    console.error(error.message);
    response.writeHead(500).end();
  }
}).listen(Number(process.env.PORT ?? 8080));

// The agent revokes the login when the app has ended: so what has begun is served before.
process.once("SIGTERM", () => web.close(() => now.pool.end()));
