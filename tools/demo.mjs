// npm run demo: installs and builds what it needs, then rehearses the example on real servers.
import { build, install, root, start } from "./install.mjs";
import { join } from "node:path";

await install();
await build();
// The demo ends by itself on a signal, with everything that it started; this process only waits for it.
process.exitCode = await start(process.execPath, [join(root, "dist/demo/main.js"), ...process.argv.slice(2)], {
  signalGroup: false,
});
