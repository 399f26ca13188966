import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Scope, withScope } from "../../../bench/machine/lifecycle";
import { freePort, ServerProcess, sleep, waitFor } from "../../../bench/machine/process";
import { findTool } from "../../../bench/machine/tools";
import { writtenCertificate } from "../../../bench/servers/kubernetes";

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that nobody reaped is dead too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("Scope", () => {
  test("undoes last first, even where one step fails, and names the step", async () => {
    const done: string[] = [];
    const scope = new Scope("bench");
    scope.defer("first", () => void done.push("first"));
    scope.defer("broken", () => Promise.reject(new Error("no")));
    scope.defer("last", () => void done.push("last"));
    await expect(scope.close()).rejects.toThrow(/bench: broken failed: Error: no/);
    expect(done).toEqual(["last", "first"]);
    expect(() => scope.defer("late", () => undefined)).toThrow(/closed/);
  });

  test("a start that fails halfway leaves nothing", async () => {
    let dir = "";
    let pid = 0;
    const start = withScope("half", async (scope) => {
      dir = scope.tempDir();
      expect(statSync(dir).mode & 0o777).toBe(0o700);
      const logFile = join(dir, "log");
      pid = (await ServerProcess.start(scope, { name: "sleep", command: "/bin/sleep", args: ["600"], logFile })).pid;
      expect(alive(pid)).toBe(true);
      throw new Error("halfway");
    });
    await expect(start).rejects.toThrow("halfway");
    expect(alive(pid)).toBe(false);
    expect(existsSync(dir)).toBe(false);
  });
});

describe("ServerProcess", () => {
  let scope: Scope;
  beforeEach(() => {
    scope = new Scope("test");
  });
  afterEach(() => scope.close());

  test("stop ends children too, and one that ignores SIGTERM", async () => {
    const dir = scope.tempDir();
    const running = await ServerProcess.start(scope, {
      name: "stubborn",
      command: "/bin/sh",
      args: ["-c", "trap '' TERM; sleep 600 & echo $!; while :; do sleep 1; done"],
      logFile: join(dir, "log"),
      stopTimeoutMs: 300,
    });
    const child = await waitFor(async () => Number(readFileSync(running.logFile, "utf8")) || undefined, {
      what: "the child's id",
      timeoutMs: 5_000,
    });
    await running.stop();
    await expect(running.exited).resolves.toEqual({ code: null, signal: "SIGKILL" });
    await waitFor(async () => !alive(child), { what: "the child is gone", timeoutMs: 5_000 });
  });

  test("gets only the environment that it is given", async () => {
    process.env.LEASEHOLD_TEST_SECRET = "sesame";
    const logFile = join(scope.tempDir(), "log");
    const running = await ServerProcess.start(scope, { name: "env", command: "/usr/bin/env", args: [], logFile });
    await running.exited;
    delete process.env.LEASEHOLD_TEST_SECRET;
    expect(readFileSync(logFile, "utf8")).toMatch(/^PATH=[^\n]*\n$/);
  });

  test("waitFor fails at once when the process is dead, and shows its last words", async () => {
    const logFile = join(scope.tempDir(), "log");
    const options = { name: "doomed", command: "/bin/sh", args: ["-c", "echo no such luck; exit 3"], logFile };
    const running = await ServerProcess.start(scope, options);
    const waiting = waitFor(async () => false, { what: "a miracle", timeoutMs: 60_000, process: running });
    await expect(waiting).rejects.toThrow(/doomed ended while waiting: a miracle[^]*no such luck/);
  });

  test("freePort never gives a port twice", async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    expect(new Set(ports).size).toBe(20);
  });

  test("freePort gives two processes that run at once no port in common, and goes on when its own are used up", async () => {
    const some = await Promise.all(Array.from({ length: 200 }, () => freePort(1000)));
    const others = await Promise.all(Array.from({ length: 200 }, () => freePort(1001)));
    expect(some.filter((port) => others.includes(port))).toEqual([]);
    await expect(Promise.all(Array.from({ length: 300 }, () => freePort(1000)))).resolves.toHaveLength(300);
  });

  test("the certificate of an API server is not read before it is written whole", () => {
    const dir = scope.tempDir();
    expect(writtenCertificate(dir)).toBeUndefined();
    writeFileSync(join(dir, "apiserver.crt"), "the first of two certificates\n");
    expect(writtenCertificate(dir)).toBeUndefined();
    writeFileSync(join(dir, "apiserver.crt"), "both certificates\n");
    writeFileSync(join(dir, "apiserver.key"), "the key\n");
    expect(writtenCertificate(dir)).toBe("both certificates\n");
  });
});

describe("when the whole program ends", () => {
  // A program of its own, because jest's sandbox gets no signals: transpiled as jest does it, run by plain node.
  const program = `
    require("@swc/core");
    const { readFileSync } = require("node:fs");
    const swc = require("@swc/core");
    require.extensions[".ts"] = (module, file) => module._compile(
      swc.transformSync(readFileSync(file, "utf8"), { filename: file, swcrc: false,
        jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } }).code, file);
    const { Scope } = require("./bench/machine/lifecycle.ts");
    const { ServerProcess } = require("./bench/machine/process.ts");
    (async () => {
      const scope = new Scope("program");
      const dir = scope.tempDir();
      const server = await ServerProcess.start(scope,
        { name: "sleep", command: "/bin/sh", args: ["-c", "sleep 600 & wait"], logFile: dir + "/log" });
      console.log(JSON.stringify({ dir, pid: server.pid }));
      if (process.argv[1] === "throw") throw new Error("on purpose");
      if (process.argv[1] === "exit") process.exit(7);
      setInterval(() => undefined, 1000);
    })();`;

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGKILL", null],
    ["throw", 1],
    ["exit", 7],
  ] as const)(
    "by %s, no process and no directory is left",
    async (how, code) => {
      const isSignal = how.startsWith("SIG");
      const child = spawn(process.execPath, ["-e", program, "--", how], {
        cwd: resolve(__dirname, "../../.."),
        stdio: ["ignore", "pipe", "ignore"],
      });
      const exited = new Promise<number | null>((done) => child.once("exit", done));
      const { dir, pid } = await new Promise<{ dir: string; pid: number }>((done, fail) => {
        child.stdout.once("data", (line: Buffer) => done(JSON.parse(line.toString()) as { dir: string; pid: number }));
        child.once("exit", () => setTimeout(() => fail(new Error("ended without a word")), 500));
      });
      if (isSignal) child.kill(how as NodeJS.Signals);
      expect(await exited).toBe(code);
      const gone = async (): Promise<boolean> => !alive(pid) && !existsSync(dir);
      await waitFor(gone, { what: `nothing is left of ${pid} and ${dir}`, timeoutMs: 10_000 });
    },
    30_000,
  );
});

describe("findTool", () => {
  const before = { ...process.env };
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "leasehold-test-"));
  });
  afterEach(() => {
    process.env = { ...before };
    rmSync(dir, { recursive: true, force: true });
  });

  function program(name: string): string {
    writeFileSync(join(dir, name), "#!/bin/sh\n", { mode: 0o755 });
    return join(dir, name);
  }

  test("takes the variable first, then PATH, then the cache", async () => {
    process.env.LEASEHOLD_CACHE = dir;
    process.env.PATH = dir;
    delete process.env.LEASEHOLD_ETCD;
    const cached = program("etcd-3.6.6");
    await expect(findTool("etcd")).resolves.toBe(cached);
    const onPath = program("etcd");
    await expect(findTool("etcd")).resolves.toBe(onPath);
    process.env.LEASEHOLD_ETCD = program("mine");
    await expect(findTool("etcd")).resolves.toBe(join(dir, "mine"));
  });

  test("a variable that names no program is an error, not a fallback", async () => {
    process.env.LEASEHOLD_ETCD = join(dir, "absent");
    await expect(findTool("etcd")).rejects.toThrow(/LEASEHOLD_ETCD is .*absent, which is not an executable file/);
  });

  test("with nothing to be found and no Go, says what to install and what to set", async () => {
    delete process.env.LEASEHOLD_ETCD;
    process.env.LEASEHOLD_CACHE = dir;
    process.env.PATH = dir;
    await expect(findTool("etcd")).rejects.toThrow(/no Go toolchain.*Install etcd 3\.6.*LEASEHOLD_ETCD/);
    // No half-built file and no lock is left.
    expect(existsSync(join(dir, "build.lock"))).toBe(false);
  });

  test("two at once build once: the second waits for the first, and its lock is released", async () => {
    delete process.env.LEASEHOLD_ETCD;
    process.env.LEASEHOLD_CACHE = join(dir, "cache");
    // Nothing else: an etcd that is installed on this machine would be taken, and none built.
    process.env.PATH = dir;
    // A go that counts its runs and takes a while.
    const script = [
      "#!/bin/sh",
      'if [ "$1" = list ]; then printf "go: downloading one\\n" >&2; printf "one\\ntwo\\nthree\\n"; exit; fi',
      `echo run >> ${dir}/runs`,
      'printf "one\\nthree\\n" >&2',
      `"${process.execPath}" -e "setTimeout(() => {}, 1000)"`,
      'while [ "$1" != -o ]; do shift; done; echo "#!/bin/sh" > "$2"',
    ];
    writeFileSync(join(dir, "go"), script.join("\n"), { mode: 0o755 });
    const lines: string[] = [];
    const [first, second] = await Promise.all([
      findTool("etcd", (l) => lines.push(l)),
      sleep(200).then(() => findTool("etcd", (l) => lines.push(l))),
    ]);
    expect(first).toBe(second);
    expect(readFileSync(join(dir, "runs"), "utf8")).toBe("run\n");
    expect(lines.filter((line) => line.startsWith("etcd: building 3.6.6 from source"))).toHaveLength(2);
    // How far it is.
    expect(lines.join("\n")).toMatch(/building 3\.6\.6, \d+ s: 3 packages to compile/);
    expect(lines.at(-1)).toMatch(/^etcd: built in \d+ s: 2 packages compiled, 1 there already$/);
  });

  test("two programs at once are built one after the other, so that what both need is compiled once", async () => {
    delete process.env.LEASEHOLD_ETCD;
    delete process.env.LEASEHOLD_VAULT;
    process.env.LEASEHOLD_CACHE = join(dir, "cache");
    process.env.PATH = dir;
    const wait = `"${process.execPath}" -e "setTimeout(() => {}, 600)"`;
    const script = [
      "#!/bin/sh",
      'if [ "$1" = list ]; then echo one; exit; fi',
      `echo begins >> ${dir}/runs; ${wait}; echo ends >> ${dir}/runs`,
      'while [ "$1" != -o ]; do shift; done; echo "#!/bin/sh" > "$2"',
    ];
    writeFileSync(join(dir, "go"), script.join("\n"), { mode: 0o755 });
    await Promise.all([findTool("etcd"), findTool("vault")]);
    expect(readFileSync(join(dir, "runs"), "utf8")).toBe("begins\nends\nbegins\nends\n");
  });

  test("a build that fails says with what, and leaves no half of a program", async () => {
    delete process.env.LEASEHOLD_ETCD;
    process.env.LEASEHOLD_CACHE = join(dir, "cache");
    process.env.PATH = dir;
    const script = ["#!/bin/sh", 'echo "go: the module is not there" >&2', "exit 1"];
    writeFileSync(join(dir, "go"), script.join("\n"), { mode: 0o755 });
    await expect(findTool("etcd")).rejects.toThrow(
      /go list exited with 1[^]*the module is not there[^]*Install etcd 3\.6/,
    );
    expect(readdirSync(join(dir, "cache"))).toEqual([]);
  });
});
