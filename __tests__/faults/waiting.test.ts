import { connect, ParsedCredential, parseCredential, Pod } from "../../bench";
import { NAMESPACE, until, World } from "./world";

jest.setTimeout(300_000);

/**
 * An init container of the pod's own that waits longer than the login and the Vault token live, with real agents. The agent writes the
 * file before the init container starts, in both of its modes.
 */
describe("a pod whose own init container waits longer than its token lives", () => {
  let world: World;
  const short = { ttl: 6, maxTtl: 12, tokenTtl: 6, tokenMaxTtl: 12 };

  beforeAll(async () => {
    world = await World.start({ workers: { native: short, older: { ...short, agent: "init-and-sidecar" } } });
  });
  afterAll(() => world?.stop());

  const logins = async (worker: string): Promise<string[]> =>
    (await world.sql(`SELECT name FROM lease.live() WHERE "group" = '${world.group(worker)}'`)).map(({ name }) =>
      String(name),
    );
  const read = async (credential: ParsedCredential): Promise<void> => {
    const client = await connect(credential, world.bench.route);
    await client.query("SELECT id FROM app.item").finally(() => client.end());
  };
  const ofFile = (files: Record<string, string>): ParsedCredential => parseCredential(files.pg18);
  const nothingIsLeft = async (worker: string, pod: Pod): Promise<void> => {
    await pod.end({ grace: 0 });
    await until("its logins end with the pod", async () => (await logins(worker)).length === 0, 20_000);
  };

  test("as a native sidecar the agent goes on beside it: the init container and then the app have a login that works", async () => {
    const seen: string[] = [];
    const pod = await world.bench.play(NAMESPACE, "native", {
      // Two tokens later: what the first one brought is gone from PostgreSQL, and what stands in the file works.
      initContainers: async (files) => {
        const first = ofFile(files()).user;
        seen.push(first);
        await until(
          "the agent has written another login twice",
          async () => {
            const { user } = ofFile(files());
            if (!seen.includes(user)) seen.push(user);
            return seen.length > 2;
          },
          60_000,
        );
        await until("the first login has ended", async () => !(await logins("native")).includes(first), 20_000);
        await read(ofFile(files()));
      },
    });
    await read(ofFile(pod.files()));
    expect(pod.agentRunning).toBe(true);
    await nothingIsLeft("native", pod);
  });

  test("with init container and sidecar nothing renews it: the app starts with a login that has ended, and has another soon after", async () => {
    let first = "";
    const pod = await world.bench.play(NAMESPACE, "older", {
      initContainers: async (files) => {
        const credential = ofFile(files());
        first = credential.user;
        await read(credential);
        await until("nobody renewed it", async () => (await logins("older")).length === 0, 60_000);
        expect(ofFile(files()).user).toBe(first);
        await expect(read(credential)).rejects.toThrow();
      },
    });
    await until("the sidecar has written another login", async () => ofFile(pod.files()).user !== first, 30_000);
    await read(ofFile(pod.files()));
    await nothingIsLeft("older", pod);
  });
});
