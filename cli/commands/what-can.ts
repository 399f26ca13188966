import { whatCan as ask } from "../../access/questions/query";
import { whatCanAnswer } from "../../render/answers";
import { renderAnswerMarkdown } from "../../render/markdown";
import { unexplained } from "../../render/unclassified";
import { renderAnswerText } from "../../render/text";
import { Command, DONE, FORMAT_OPTIONS, print, REPORT_OPTION } from "../command/command";
import { refuseUnknown, withWho } from "../command/questions";

/** `leasehold what-can shop/web`. */
export const whatCan: Command = {
  name: "what-can",
  summary: "what a workload may touch: what-can shop/web",
  args: ["<workload>"],
  details:
    "The workload is namespace/ServiceAccount or cluster/namespace/ServiceAccount; each part may be * or prefix*.",
  options: { ...REPORT_OPTION, ...FORMAT_OPTIONS },
  run: (call) => {
    const report = call.report();
    const found = ask(report.graph, call.args[0]);
    refuseUnknown(found.unmentioned);
    print(call, {
      json: () => ({ version: 1, ...found, identities: withWho(found.identities), unclassified: unexplained(report) }),
      markdown: () => renderAnswerMarkdown(whatCanAnswer(report, found)),
      text: (options) => renderAnswerText(whatCanAnswer(report, found), options),
    });
    return DONE;
  },
};
