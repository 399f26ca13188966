import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { leasehold } from "../cli/fake-io";
import { FakeGitHub } from "./forges";
import { removeTemporary, temporary } from "./sides";

/** A status belongs to a commit: only its name can say which branch was compared with. */

const TOKEN = "ghs_0123456789secret";
const COMMIT = "c".repeat(40);
const forge = new FakeGitHub({ token: TOKEN, login: "github-actions[bot]" });
const before = { ...process.env };

beforeAll(async () => {
  const address = await forge.start();
  Object.assign(process.env, {
    GITHUB_REPOSITORY: "wizards/shop",
    GITHUB_TOKEN: TOKEN,
    GITHUB_API_URL: address,
    GITHUB_GRAPHQL_URL: `${address}/graphql`,
  });
  forge.commit = COMMIT;
});
beforeEach(() => {
  forge.statuses.length = 0;
  forge.comments.length = 0;
});
afterAll(async () => {
  process.env = before;
  removeTemporary();
  await forge.stop();
});

function event(content: unknown): void {
  process.env.GITHUB_EVENT_PATH = join(temporary(), "event.json");
  writeFileSync(process.env.GITHUB_EVENT_PATH, JSON.stringify(content));
}

const pull = (ref: string): unknown => ({
  number: 7,
  head: { sha: COMMIT, label: "frodo:fix" },
  base: { sha: "b".repeat(40), ref, repo: { full_name: "wizards/shop" } },
});
const post = (...more: string[]): ReturnType<typeof leasehold> =>
  leasehold(["comment", "--file", "c.md", "--status", "access=success", ...more], { "c.md": "text" });

test.each(["main", "release/2.x"])("is named by the branch to merge into: %s", async (ref) => {
  event({ pull_request: pull(ref) });
  expect((await post()).code).toBe(0);
  expect(forge.statuses).toMatchObject([{ commit: COMMIT, context: `access (${ref})`, state: "success" }]);
});

test("of a fork's pull request that was pointed at another branch meanwhile is not set, and nothing is posted", async () => {
  event({
    workflow_run: { head_sha: COMMIT, head_branch: "fix", head_repository: { owner: { login: "frodo" } } },
  });
  forge.pulls = [pull("release")];
  const { code, err } = await post("--into", "main");
  expect({ code, statuses: forge.statuses, comments: forge.comments }).toEqual({ code: 0, statuses: [], comments: [] });
  expect(err).toContain("another base");
  forge.pulls = [pull("main")];
  await post("--into", "main");
  expect(forge.statuses).toMatchObject([{ context: "access (main)" }]);
});

test("without a branch is refused", async () => {
  event({});
  const { code, err } = await post("--pull-request", "7", "--commit", COMMIT);
  expect(code).toBe(1);
  expect(err).toContain("--into is missing");
  expect(forge.statuses).toEqual([]);
});
