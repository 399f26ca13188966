// The tests of access.html run in a real Chromium: this finds one, or installs it where that needs no question.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./install.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Path of a Chromium: `LEASEHOLD_CHROMIUM`, or from the PATH. */
function find() {
  const given = process.env.LEASEHOLD_CHROMIUM;
  if (given) {
    if (!existsSync(given)) throw new Error(`LEASEHOLD_CHROMIUM is ${given}, which is not there`);
    return resolve(given);
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a Chromium, which is installed from the system's packages if it is missing and we are root.
 * @throws when there is none: no test is left out for want of it
 */
export async function chromium() {
  const found = find();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    console.error("installing Chromium for the tests of access.html (apt-get install chromium)");
    // What apt-get says goes to stderr: on stdout stands the path.
    const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, stdio: ["ignore", 2, 2] };
    const install = ["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"];
    for (const args of [["update", "-qq"], install]) if ((await start("apt-get", args, options)) !== 0) break;
    const installed = find();
    if (installed) return installed;
  }
  throw new Error(
    "no Chromium, which the tests of access.html need: install the package chromium (or Google Chrome), or give the path of one in LEASEHOLD_CHROMIUM",
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(await chromium());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
