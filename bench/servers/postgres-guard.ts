import { ChildProcess, spawn } from "child_process";
import type { Socket } from "net";

/**
 * A shell that waits for our end of a pipe to close. That happens however this process dies: a test runner kills its
 * workers with signals, and hides the `exit` event from test code. It then ends the server and removes its folder;
 * after an orderly `stop` it finds neither.
 */
export function startGuard(home: string): ChildProcess {
  const script = `
    trap '' INT TERM HUP
    cat >/dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
    if [ -n "$pid" ]; then
      kill -QUIT "$pid" 2>/dev/null
      turn=0
      while [ -e "$1/data/postmaster.pid" ] && [ $turn -lt 50 ]; do sleep 0.1; turn=$((turn + 1)); done
      if [ -e "$1/data/postmaster.pid" ]; then kill -KILL "$pid" 2>/dev/null; fi
    fi
    rm -rf -- "$1"`;
  const guard = spawn("/bin/sh", ["-c", script, "leasehold-postgres-guard", home], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
  });
  guard.unref();
  (guard.stdin as unknown as Socket).unref();
  guard.stdin?.on("error", () => undefined);
  guard.on("error", () => undefined);
  return guard;
}
