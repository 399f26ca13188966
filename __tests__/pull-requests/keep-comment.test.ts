import { keepComment, markerLine } from "../../forge/forge";
import { GitHub } from "../../forge/github";
import { GitLab } from "../../forge/gitlab";
import { FakeForge, FakeGitHub, FakeGitLab } from "./forges";

const TOKEN = "ghs_0123456789secret";
const BOT = "github-actions[bot]";
const MARKER = "<!-- leasehold:access -->";
const slept: number[] = [];
const sleep = async (milliseconds: number): Promise<void> => void slept.push(milliseconds);

interface Stage {
  readonly forge: FakeForge;
  readonly client: GitHub | GitLab;
  readonly address: string;
}

const running: FakeForge[] = [];
beforeEach(() => slept.splice(0));
afterEach(async () => {
  for (const forge of running.splice(0)) await forge.stop();
});

async function stage(kind: "GitHub" | "GitLab", options: { mayWrite?: boolean; token?: string } = {}): Promise<Stage> {
  const who = { token: TOKEN, login: BOT, mayWrite: options.mayWrite };
  const forge = kind === "GitHub" ? new FakeGitHub(who) : new FakeGitLab(who);
  running.push(forge);
  const address = await forge.start();
  const token = options.token ?? TOKEN;
  return {
    forge,
    address,
    client:
      kind === "GitHub"
        ? new GitHub({ owner: "wizards", name: "shop", number: 7 }, { token, api: address })
        : new GitLab({ api: `${address}/api/v4`, project: "42", mergeRequest: 7 }, token),
  };
}

const post = (client: Stage["client"], text: string, commit?: string): Promise<string> =>
  keepComment(client, { marker: "access", text, commit }, sleep);

describe.each(["GitHub", "GitLab"] as const)("one comment on %s", (kind) => {
  it("is created once, then kept up to date", async () => {
    const { forge, client } = await stage(kind);
    expect(await post(client, "**BROADENED: 1 grant**")).toBe("created");
    expect(await post(client, "**BROADENED: 2 grants**")).toBe("updated");
    expect(await post(client, "**BROADENED: 2 grants**")).toBe("unchanged");
    expect(forge.comments.map(({ body }) => body)).toEqual([`${MARKER}\n**BROADENED: 2 grants**\n`]);
  });

  it("is found behind hundreds of others", async () => {
    const { forge, client } = await stage(kind);
    for (let number = 0; number < 250; number += 1) forge.add("merlin", `remark ${number}`);
    await post(client, "first");
    await post(client, "second");
    expect(forge.comments.filter(({ author }) => author === BOT).map(({ body }) => body)).toEqual([
      `${MARKER}\nsecond\n`,
    ]);
    expect(forge.comments).toHaveLength(251);
  });

  it("is not the stranger's that carries the same marker, which neither changes nor keeps ours away", async () => {
    const { forge, client } = await stage(kind);
    forge.add("stranger", `${MARKER}\n**UNCHANGED: nobody's access changes**\n`);
    expect(await post(client, "**BROADENED: 1 grant**")).toBe("created");
    expect(await post(client, "**BROADENED: 3 grants**")).toBe("updated");
    expect(forge.comments.map(({ author, body }) => [author, body])).toEqual([
      ["stranger", `${MARKER}\n**UNCHANGED: nobody's access changes**\n`],
      [BOT, `${MARKER}\n**BROADENED: 3 grants**\n`],
    ]);
  });

  it("is not another one of our own: one with another marker, or that only quotes ours", async () => {
    const { forge, client } = await stage(kind);
    forge.add(BOT, "<!-- leasehold:access-eu -->\nof another program");
    forge.add(BOT, `Somebody wrote:\n${MARKER}`);
    expect(await post(client, "text")).toBe("created");
    expect(forge.comments.map(({ body }) => body)).toEqual([
      "<!-- leasehold:access-eu -->\nof another program",
      `Somebody wrote:\n${MARKER}`,
      `${MARKER}\ntext\n`,
    ]);
  });

  it("stays the only one: what a race left behind is removed, the oldest is kept", async () => {
    const { forge, client } = await stage(kind);
    const oldest = forge.add(BOT, `${MARKER}\nold\n`);
    forge.add("merlin", "between");
    forge.add(BOT, `${MARKER}\nolder run, later answer\n`);
    expect(await post(client, "new")).toBe("updated");
    expect(forge.comments.map(({ id, body }) => [id, body])).toEqual([
      [oldest.id, `${MARKER}\nnew\n`],
      [oldest.id + 1, "between"],
    ]);
  });

  it("is left alone by a run about a commit that the pull request has left behind", async () => {
    const { forge, client } = await stage(kind);
    forge.add(BOT, `${MARKER}\nof the new commit\n`);
    forge.commit = "b".repeat(40);
    expect(await post(client, "of the old commit", "a".repeat(40))).toBe("outdated");
    expect(forge.comments.map(({ body }) => body)).toEqual([`${MARKER}\nof the new commit\n`]);
    expect(await post(client, "again of the new one", "b".repeat(40))).toBe("updated");
  });

  it("is not made twice when the answer to its creation is lost", async () => {
    const { forge, client } = await stage(kind);
    const looks = kind === "GitHub" ? 1 : 3;
    const create = client.create.bind(client);
    client.create = async (body) => {
      forge.mishaps.push("lost");
      client.create = create;
      return create(body);
    };
    await post(client, "text");
    expect(forge.comments.map(({ body }) => body)).toEqual([`${MARKER}\ntext\n`]);
    // It looked again before it would have created another.
    expect(forge.requests).toHaveLength(looks + 1 + looks);
  });

  it.each([
    ["a server error", { status: 502 }, [1000]],
    ["a rate limit with a time", { status: 429, headers: { "retry-after": "7" } }, [7000]],
    ["a secondary rate limit", { status: 403, body: { message: "You have exceeded a secondary rate limit" } }, [1000]],
  ] as const)("gets over %s", async (_name, mishap, waits) => {
    const { forge, client } = await stage(kind);
    forge.mishaps.push(mishap);
    await post(client, "text");
    expect(forge.comments).toHaveLength(1);
    expect(slept).toEqual(waits);
  });

  it("gives up in bounded time, and says so", async () => {
    const { forge, client } = await stage(kind);
    forge.mishaps.push(...Array<{ status: number }>(20).fill({ status: 503 }));
    await expect(post(client, "text")).rejects.toThrow(/gave up after 5 tries: .*503.*Run the job again later/s);
    expect(slept).toEqual([1000, 2000, 4000, 8000]);
  });

  it("does not wait for an hour because a forge says so", async () => {
    const { forge, client } = await stage(kind);
    forge.mishaps.push({ status: 429, headers: { "retry-after": "3600" } });
    await expect(post(client, "text")).rejects.toThrow("it asks to wait 3600 s");
    expect(slept).toEqual([]);
  });

  it("is not posted when it is longer than the forge takes: nothing is cut", async () => {
    const { forge, client } = await stage(kind);
    await post(client, "before");
    await expect(post(client, "x".repeat(client.limit))).rejects.toThrow("nothing was posted, and nothing was cut");
    expect(forge.comments.map(({ body }) => body)).toEqual([`${MARKER}\nbefore\n`]);
    await post(client, "x".repeat(client.limit - MARKER.length - 2));
    expect(forge.comments[0].body).toHaveLength(client.limit);
  });

  it("says which permission is missing", async () => {
    const { client } = await stage(kind, { mayWrite: false });
    await expect(post(client, "text")).rejects.toThrow(
      kind === "GitHub" ? /permissions: pull-requests: write.*fork/s : /role Reporter and the scope api/,
    );
  });

  it.each(["wrong-token", `${TOKEN}\n`, "tök€n"])("never shows the token, here %j", async (token) => {
    const { client } = await stage(kind, kind === "GitHub" ? { token } : { token }).catch((error: Error) => {
      expect(error.message).not.toContain(token.trim());
      return { client: undefined };
    });
    if (!client) return;
    const error = (await post(client, "text").catch((thrown: unknown) => thrown)) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(`${error.message}${error.stack}`).not.toContain(token.trim());
  });
});

describe("a token", () => {
  it.each(["http://192.0.2.1", "http://api.example.com", "ftp://127.0.0.1", "nowhere"])("is not sent to %s", (api) => {
    expect(() => new GitHub({ owner: "a", name: "b", number: 1 }, { token: TOKEN, api })).toThrow(
      /without TLS|is not a URL/,
    );
  });

  it("is not sent to where an answer redirects", async () => {
    const { forge, client } = await stage("GitHub");
    const other = await stage("GitHub");
    forge.mishaps.push(
      ...Array<{ status: number; headers: Record<string, string> }>(5).fill({
        status: 302,
        headers: { location: `${other.address}/graphql` },
      }),
    );
    await expect(post(client, "text")).rejects.toThrow("gave up");
    expect(other.forge.requests).toEqual([]);
  });

  it("is not sent to a GraphQL address of another origin", async () => {
    const client = new GitHub(
      { owner: "a", name: "b", number: 1 },
      { token: TOKEN, api: "http://127.0.0.1:9", graphql: "https://example.com/graphql" },
    );
    await expect(client.look(MARKER)).rejects.toThrow("refused to send the token to https://example.com");
  });
});

it("takes no marker that could end the hidden line", () => {
  expect(markerLine("access-eu")).toBe("<!-- leasehold:access-eu -->");
  for (const marker of ["", "a b", "a-->", "A", "-a", "x".repeat(41), "a\n"])
    expect(() => markerLine(marker)).toThrow("is not a marker");
});

it("posts nothing that GitLab would obey", async () => {
  const { forge, client } = await stage("GitLab");
  await expect(post(client, "text\n  /merge")).rejects.toThrow("GitLab would obey it");
  expect(forge.comments).toEqual([]);
});
