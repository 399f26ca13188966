import { accept } from "../../audit/effective/accept";
import { renderOutcomeMarkdown, renderOutcomeText } from "../../audit/effective/render";
import { ACCEPT_OPTION, acceptancesOf, unusedNote } from "../command/acceptances";
import { Command, DONE, FORMAT_OPTIONS, FOUND, print, REPORT_OPTION, UsageError } from "../command/command";
import { serverErrorsToUsage } from "../command/usage-errors";

/** `leasehold doctor --database shop=service=shop`. */
export const doctor: Command = {
  name: "doctor",
  summary: "compares the report with a Vault and with databases that are in use, by reading only",
  args: [],
  details:
    "Vault is that of VAULT_ADDR and VAULT_TOKEN. A database is reached as libpq would: PGHOST, PGUSER, PGPASSWORD, PGPASSFILE,\n" +
    "PGSERVICEFILE and the others. A database that is not named is not read, and the output says so. Needs the package pg for databases.\n" +
    "Exit codes: 0 nothing found, 1 it could not be done, 2 something was found. docs/doctor.md has every code.",
  options: {
    ...REPORT_OPTION,
    database: {
      type: "string",
      multiple: true,
      value: "<database>[=<connection>]",
      help: "a database to look at: shop, shop=service=<name>, shop='host=… user=…' or shop=postgresql://…; never a password",
    },
    near: { type: "string", value: "<percent>", help: "report a group from this share of its cap on; default: 80" },
    needs: { type: "boolean", help: "print the Vault policy and the SQL for the least rights that it needs, and end" },
    ...ACCEPT_OPTION,
    ...FORMAT_OPTIONS,
  },
  run: async (call) => {
    const report = call.report();
    const acceptances = acceptancesOf(call);
    // Loaded only here: it needs a package that the other commands do without.
    const { doctor: run, needs } = await import("../../audit/doctor/doctor");
    if (call.flag("needs")) {
      const { policy, sql } = needs(report);
      call.io.out(`# Vault policy\n${policy}\n-- PostgreSQL\n${sql}`);
      return DONE;
    }
    const { connectionFrom } = await import("../../audit/doctor/connection");
    const { inNamespaceOf, vaultFrom, vaultReader } = await import("../../audit/doctor/vault");
    const result = await serverErrorsToUsage(async () => {
      const given = vaultFrom(process.env);
      const settings = given && inNamespaceOf(report.graph, given);
      const connections = new Map(
        call.list("database").map((text) => {
          const { name, settings: connection } = connectionFrom(text, process.env);
          return [name, connection] as const;
        }),
      );
      if (!settings && connections.size === 0)
        throw new UsageError("nothing to look at: set VAULT_ADDR and VAULT_TOKEN, or name a database with --database");
      return run({
        report,
        connections,
        near: nearOf(call.option("near")),
        ...(settings && { vault: vaultReader(settings) }),
      });
    });
    const { findings, accepted, unused } = accept(result.findings, acceptances);
    const notes = [...result.notChecked, ...unused.map(unusedNote)];
    const outcome = { summary: result.checked.join("; "), findings, accepted, notes };
    print(call, {
      json: () => ({ ...result, findings, accepted, notChecked: notes }),
      markdown: () => renderOutcomeMarkdown(outcome),
      text: (options) => renderOutcomeText(outcome, options),
    });
    return findings.length > 0 ? FOUND : DONE;
  },
};

function nearOf(text: string | undefined): number {
  const percent = Number(text ?? 80);
  if (text === "" || !(percent > 0 && percent <= 100))
    throw new UsageError(`--near ${text}: give a percentage from 1 to 100`);
  return percent / 100;
}
