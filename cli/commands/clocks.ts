import { clocksOf } from "../../access/questions/clocks";
import { clocksAnswer } from "../../render/answers";
import { renderAnswerMarkdown } from "../../render/markdown";
import { renderAnswerText } from "../../render/text";
import { Command, DONE, FORMAT_OPTIONS, print, REPORT_OPTION } from "../command/command";
import { refuseUnknown } from "../command/questions";

/** `leasehold clocks shop/web`. */
export const clocks: Command = {
  name: "clocks",
  summary: "how long tokens, logins and pods of a workload live, and why: clocks shop/web",
  args: ["<workload>"],
  details:
    "The workload is namespace/ServiceAccount or cluster/namespace/ServiceAccount; each part may be * or prefix*.\n" +
    "The times follow from what the program says: `exposure` of an identity, `lease` of a database, `drain` and `rollout` of a workload.",
  options: { ...REPORT_OPTION, ...FORMAT_OPTIONS },
  run: (call) => {
    const found = clocksOf(call.report().graph, call.args[0]);
    refuseUnknown(found.unmentioned);
    print(call, {
      json: () => ({
        version: 1,
        ...found,
        identities: found.identities.map((one) => ({ who: one.identity, ...one })),
      }),
      markdown: () => renderAnswerMarkdown(clocksAnswer(found)),
      text: (options) => renderAnswerText(clocksAnswer(found), options),
    });
    return DONE;
  },
};
