import { Blocks } from "../../../../constructs/synthesis/unexplained/blocks";
import { noticeLimit } from "../../../support/limit";

/** A stack of policies and of roles that refer to them, one each. */
function stack(size: number, policy: (index: number) => string): Blocks {
  const numbers = Array.from({ length: size }, (_, index) => index);
  return new Blocks({
    resource: {
      vault_policy: Object.fromEntries(numbers.map((index) => [`p${index}`, { policy: policy(index) }])),
      vault_token_auth_backend_role: Object.fromEntries(
        numbers.map((index) => [`r${index}`, { allowed_policies: [`\${vault_policy.p${index}.name}`] }]),
      ),
    },
  });
}

/** How many digests of the roles differ. */
function different(blocks: Blocks): number {
  const roles = blocks.list.filter(({ type }) => type === "vault_token_auth_backend_role");
  return new Set(roles.map((role) => blocks.digest(role))).size;
}

describe("digests of blocks that refer to others", () => {
  test("tell which block is meant, also where several say the very same", () => {
    expect(different(stack(3, (index) => `policy ${index}`))).toBe(3);
    expect(different(stack(3, () => "the same"))).toBe(3);
  });

  test("are made of eight thousand blocks in seconds", async () => {
    expect(different(stack(4000, (index) => `policy ${index}`))).toBe(4000);
    await noticeLimit();
    // With each block compared with each other one it took a minute.
  }, 20_000);

  describe("in a long chain", () => {
    const LENGTH = 3000;
    /** Each refers to the one before it; the first one says this. */
    const chain = (first: string): Blocks =>
      new Blocks({
        resource: {
          vault_policy: Object.fromEntries(
            Array.from({ length: LENGTH }, (_, index) => [
              `p${index}`,
              { policy: index === 0 ? first : `# \${vault_policy.p${index - 1}.name}` },
            ]),
          ),
        },
      });

    test.each([
      ["from its end", -1],
      ["from its beginning", 0],
      ["from its middle", LENGTH / 2],
    ])("are made of each, %s, too", (_, at) => {
      const blocks = chain("one");
      const [asked] = blocks.list.slice(at);
      expect(blocks.digest(asked)).toMatch(/^[0-9a-f]{64}$/);
      expect(new Set(blocks.list.map((block) => blocks.digest(block))).size).toBe(LENGTH);
    });

    test("tell of its far end, whoever asks, and do not depend on who was asked for first", () => {
      const [one, same, other] = ["one", "one", "other"].map(chain);
      const [last] = one.list.slice(-1);
      const wanted = one.digest(last);
      same.list.forEach((block) => same.digest(block));
      expect(same.digest(same.list[LENGTH - 1])).toBe(wanted);
      expect(other.digest(other.list[LENGTH - 1])).not.toBe(wanted);
      const said = { output: { last: { value: "${vault_policy.p2999.name}" } } };
      expect(one.digestOf({ block: "stack", type: "" }, said)).not.toBe(
        other.digestOf({ block: "stack", type: "" }, said),
      );
    });

    test("come to an end in a circle, which Terraform refuses later", () => {
      const blocks = chain("# ${vault_policy.p2999.name}");
      expect(new Set(blocks.list.map((block) => blocks.digest(block))).size).toBeGreaterThan(1);
    });
  });
});
