import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Browser, BrowserContextOptions, chromium, Page } from "playwright-core";
import { pathToFileURL } from "node:url";

const CHROMIUM = join(__dirname, "../../tools/chromium.mjs");

/** A headless Chromium that talks to nobody. Its profile is new and goes with it. */
export async function startBrowser(): Promise<Browser> {
  const { stdout, status } = spawnSync(process.execPath, [CHROMIUM], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error("no Chromium: see above for what to do");
  return chromium.launch({
    executablePath: stdout.trim(),
    args: [
      // Chromium's sandbox refuses to run as root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** The page as a file on disk, opened as a user opens it. */
export interface Opened {
  readonly page: Page;
  /** What must never be: errors, messages on the console, violations of the page's own policy, requests. */
  readonly problems: string[];
  close(): Promise<void>;
}

export async function open(
  browser: Browser,
  html: string,
  { hash = "", ...options }: BrowserContextOptions & { readonly hash?: string } = {},
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-page-"));
  const file = join(folder, "access.html");
  writeFileSync(file, html);
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: "light",
    ...options,
  });
  const page = await context.newPage();
  // Everything is on this machine: what is not there in some seconds never comes.
  page.setDefaultTimeout(10_000);
  const problems: string[] = [];
  const address = pathToFileURL(file).href;
  page.on("console", (message) => problems.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const to = request.url();
    if (to !== address && !to.startsWith(`${address}#`) && to !== "data:,") problems.push(`request: ${to}`);
  });
  await page.exposeFunction("leaseholdProblem", (problem: string) => problems.push(problem));
  await page.addInitScript(
    `document.addEventListener("securitypolicyviolation", (event) => leaseholdProblem("policy: " + event.violatedDirective + " " + event.blockedURI));`,
  );
  await page.goto(address + hash);
  return {
    page,
    problems,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The texts of all elements that match. */
export async function texts(page: Page, selector: string): Promise<string[]> {
  const found = await page.locator(selector).allTextContents();
  return found.map((text) => text.trim());
}
