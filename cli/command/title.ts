import type { Call } from "./command";
import { checkoutTitle } from "./git";

export const TITLE_OPTION = {
  title: {
    type: "string",
    value: "<text>",
    help: "what the explorer is of; default: the checkout's folder, its commit and that commit's date",
  },
} as const;

/** What the explorer is of, for its title. Without `--title` it is read from git; outside of a checkout there is none. */
export function titleOf(call: Call): string | undefined {
  return call.option("title") ?? checkoutTitle(process.cwd());
}
