// npm run demo: installs and builds what it needs, then rehearses the example on real servers.
import { install, root, run } from "./install.mjs";
import { spawn } from "node:child_process";
import { join } from "node:path";

install();
run("npm", ["run", "--silent", "build"]);
const child = spawn(process.execPath, [join(root, "dist/demo/main.js"), ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
// The demo ends by itself on a signal, with everything that it started; this process only waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("close", (code) => (process.exitCode = code ?? 1));
