// tsc copies no .sql: without the lease functions beside the compiled code, the package could not install them.
import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const from = join(root, "constructs/database/lease");
for (const name of readdirSync(from, { recursive: true })) {
  if (name.endsWith(".sql"))
    cpSync(join(from, name), join(root, "dist/constructs/database/lease", name), { recursive: true });
}
if (!existsSync(join(root, "dist/constructs/database/lease/issue.sql")))
  throw new Error("the lease functions were not copied into dist/");
