import * as childProcess from "child_process";
import { Server, Socket } from "net";

/** Of `npm run test:unit` only: whatever would start a program or a server, or reach one, fails. */
function refuse(what: string): () => never {
  return () => {
    throw new Error(
      `${what}: a test of \`npm run test:unit\` starts nothing and reaches nothing; import what does so by its name, and it runs with \`npm test\` only`,
    );
  };
}

for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"] as const)
  Object.assign(jest.requireActual<typeof childProcess>("child_process"), { [name]: refuse(name) });
Object.assign(Server.prototype, { listen: refuse("listen") });
Object.assign(Socket.prototype, { connect: refuse("connect") });
