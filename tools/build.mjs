// npm run build: compiles the program into dist/. When all is done, it notes there what it compiled from. So `npm test`
// and `npm run demo` compile only what has changed since, whoever built last.
import { rmSync } from "node:fs";
import { keep } from "./digest.mjs";
import { builtFrom, compiler, digestOfSources, run } from "./install.mjs";

const digest = digestOfSources();
// A build that fails halfway leaves something of both.
rmSync(builtFrom, { force: true });
await run(process.execPath, [compiler(), "-p", "tsconfig.build.json"]);
await import("./embed-assets.mjs");
keep(builtFrom, digest);
