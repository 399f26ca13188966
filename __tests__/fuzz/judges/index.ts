import { Asked, Case, Outcome } from "../program";
import { judgePods } from "./pod";
import { judgePostgres } from "./postgres";
import { judgeRefusal } from "./refusal";
import { judgeReport } from "./report";
import { Reading, readTerraform } from "./terraform";
import { judgeVault } from "./vault";

/** Everything that is wrong with what came of a case; none where it was refused clearly or means what was asked. */
export async function judge(outcome: Outcome, one: Case): Promise<string[]> {
  if (!outcome.accepted) return judgeRefusal(outcome, one);
  const asked = new Asked(one);
  let reading: Reading;
  try {
    reading = readTerraform(outcome.program);
  } catch (error) {
    return [`Terraform: ${(error as Error).message}`];
  }
  const judges: Readonly<Record<string, () => string[] | Promise<string[]>>> = {
    Terraform: () => [...reading.problems],
    PostgreSQL: () => judgePostgres(reading, asked),
    Vault: () => judgeVault(reading, asked),
    Kubernetes: () => judgePods(reading, asked),
    "access.json": () => judgeReport(outcome.report, asked),
  };
  const problems: string[] = [];
  for (const [name, of] of Object.entries(judges)) {
    try {
      problems.push(...(await of()).map((problem) => `${name}: ${problem}`));
    } catch (error) {
      // What a parser refuses was not to be written.
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  return problems;
}
