import { whoCan as ask } from "../../access/questions/query";
import { whoCanAnswer } from "../../render/answers";
import { renderAnswerMarkdown } from "../../render/markdown";
import { unexplained } from "../../render/unclassified";
import { renderAnswerText } from "../../render/text";
import { Command, DONE, FORMAT_OPTIONS, FOUND, GRANTED_OPTION, print, REPORT_OPTION } from "../command/command";
import { mayBeGranted, refuseUnknown, withWho } from "../command/questions";

/** `leasehold who-can SELECT shop.sales.wizard.name`. */
export const whoCan: Command = {
  name: "who-can",
  summary: "who has a privilege on an object: who-can SELECT shop.sales.wizard.name",
  args: ["<privilege>", "<object>"],
  details:
    "The privilege is one of PostgreSQL's, or ANY. The object is database.schema.table.column or the beginning of it;\n" +
    "names with other characters than letters, digits, _, $ and - stand in double quotes.",
  options: { ...REPORT_OPTION, ...FORMAT_OPTIONS, ...GRANTED_OPTION },
  run: (call) => {
    const report = call.report();
    const [privilege, object] = call.args;
    const found = ask(report.graph, privilege, object);
    refuseUnknown(found.unmentioned);
    print(call, {
      json: () => ({ version: 1, ...found, holders: withWho(found.holders), unclassified: unexplained(report) }),
      markdown: () => renderAnswerMarkdown(whoCanAnswer(report, found)),
      text: (options) => renderAnswerText(whoCanAnswer(report, found), options),
    });
    return call.flag("exit-code") && mayBeGranted(report, found.holders, found) ? FOUND : DONE;
  },
};
