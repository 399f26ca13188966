import { counted } from "../../render/words";
import { identityId } from "../../access/model/names";
import { matchesWorkload, parseWorkload } from "../../access/questions/pattern";
import { Command, DONE, REPORT_OPTION, UsageError } from "../command/command";
import { serverErrorsToUsage } from "../command/usage-errors";

/** `leasehold revoke shop/web --lock-out`. */
export const revoke: Command = {
  name: "revoke",
  summary: "revokes all that one workload holds now: tokens, logins and their sessions",
  args: ["<workload>"],
  details:
    "In the Vault of VAULT_ADDR and VAULT_TOKEN. The workload is namespace/ServiceAccount or cluster/namespace/ServiceAccount, one and no\n" +
    "more. Its pods log in again unless --lock-out keeps them out, until the next apply. Exit codes: 0 revoked, 1 it was not all revoked.\n" +
    "See docs/operations/revoke.md.",
  options: {
    ...REPORT_OPTION,
    "lock-out": { type: "boolean", help: "first take its auth role away, so that nobody logs in as it" },
    needs: { type: "boolean", help: "print the Vault policy that it needs, and end" },
    json: { type: "boolean", help: "as JSON" },
  },
  run: async (call) => {
    const { graph } = call.report();
    const pattern = parseWorkload(call.args[0]);
    const found = graph.identities.filter(({ key }) => matchesWorkload(pattern, key));
    const names = [...new Set(found.map(({ key }) => identityId(key)))];
    if (names.length !== 1)
      throw new UsageError(
        names.length === 0
          ? `the report has no workload ${JSON.stringify(call.args[0])}: name one, as leasehold access shows it`
          : `${JSON.stringify(call.args[0])} is ${names.join(", ")}: name one of them`,
      );
    const { holdingsOf, revoke: revokeAll, revokeNeeds } = await import("../../audit/revoke/revoke");
    const holdings = holdingsOf(graph, found.slice(0, 1));
    if (call.flag("needs")) {
      call.io.out(revokeNeeds(holdings));
      return DONE;
    }
    const { inNamespaceOf, vaultFrom, vaultWriter } = await import("../../audit/doctor/vault");
    const revoked = await serverErrorsToUsage(async () => {
      const settings = vaultFrom(process.env);
      if (!settings) throw new UsageError("set VAULT_ADDR and VAULT_TOKEN");
      const vault = vaultWriter(inNamespaceOf(graph, settings), "revoke");
      return revokeAll(holdings[0], {
        vault,
        lockOut: call.flag("lock-out"),
        progress: (line) => call.io.err(`${line}\n`),
      });
    });
    const { identity, tokens, ended, lockedOut } = revoked;
    const after = lockedOut
      ? "Nobody logs in as it until the next apply makes its auth role again."
      : "Its pods may log in again at once: --lock-out keeps them out.";
    call.io.out(
      call.flag("json")
        ? `${JSON.stringify({ version: 1, ...revoked }, undefined, 2)}\n`
        : `${identity}: ${counted(tokens, "token")} and ${counted(ended, "login")} revoked. ${after}\n`,
    );
    return DONE;
  },
};
