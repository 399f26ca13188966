// npm run demo: installs and builds what it needs, then rehearses the example on real servers.
import { install, root, run, start } from "./install.mjs";
import { join } from "node:path";

await install();
await run("npm", ["run", "--silent", "build"]);
// The demo ends by itself on a signal, with everything that it started; this process only waits for it.
process.exitCode = await start(process.execPath, [join(root, "dist/demo/main.js"), ...process.argv.slice(2)], {
  signalGroup: false,
});
