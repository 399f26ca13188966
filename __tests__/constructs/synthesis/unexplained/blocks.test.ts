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
});
