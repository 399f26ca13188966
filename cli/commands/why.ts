import { why as ask } from "../../access/questions/why";
import { whyAnswer } from "../../render/answers";
import { renderAnswerMarkdown } from "../../render/markdown";
import { unexplained } from "../../render/unclassified";
import { renderAnswerText } from "../../render/text";
import { Command, DONE, FORMAT_OPTIONS, FOUND, GRANTED_OPTION, print, REPORT_OPTION } from "../command/command";
import { mayBeGranted, refuseUnknown, withWho } from "../command/questions";

/** `leasehold why shop/web SELECT shop.sales.wizard`. */
export const why: Command = {
  name: "why",
  summary: "the way to a privilege, link by link: why shop/web SELECT shop.sales.wizard",
  args: ["<workload>", "<privilege>", "<object>"],
  details:
    "Shows the seven links of each way, each with the line that made it; for what is not granted, the grants that come nearest.",
  options: { ...REPORT_OPTION, ...FORMAT_OPTIONS, ...GRANTED_OPTION },
  run: (call) => {
    const report = call.report();
    const [workload, privilege, object] = call.args;
    const found = ask(report.graph, workload, privilege, object);
    refuseUnknown(found.unmentioned);
    print(call, {
      json: () => ({
        version: 1,
        ...found,
        paths: withWho(found.paths),
        nearest: withWho(found.nearest),
        unclassified: unexplained(report),
      }),
      markdown: () => renderAnswerMarkdown(whyAnswer(report, found)),
      text: (options) => renderAnswerText(whyAnswer(report, found), options),
    });
    return call.flag("exit-code") && mayBeGranted(report, found.paths, found) ? FOUND : DONE;
  },
};
