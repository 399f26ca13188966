import { Acceptance, parseAcceptance } from "../../audit/effective/accept";
import { Call, Command, UsageError } from "./command";

/** The option of the commands whose findings can be accepted. */
export const ACCEPT_OPTION = {
  accept: {
    type: "string",
    multiple: true,
    value: "<code>[=<object>]",
    help: "a finding that you accept",
  },
} as const satisfies Command["options"];

/** The values of `--accept`. @throws UsageError */
export function acceptancesOf({ list }: Pick<Call, "list">): Acceptance[] {
  return list("accept").map((text) => {
    try {
      return parseAcceptance(text);
    } catch (error) {
      throw new UsageError(`--accept ${JSON.stringify(text)}: ${(error as Error).message}`);
    }
  });
}

/** What to say of an acceptance that covers nothing any more. */
export function unusedNote({ code, object }: Acceptance): string {
  return `--accept ${object === undefined ? code : `${code}=${object}`} covers no finding any more: leave it out`;
}
