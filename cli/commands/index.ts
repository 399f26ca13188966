import type { Command } from "../command/command";
import { access } from "./access";
import { adopt } from "./adopt";
import { annotations } from "./annotations";
import { check } from "./check";
import { clocks } from "./clocks";
import { comment } from "./comment";
import { completion } from "./completion";
import { deployer } from "./deployer";
import { deployerRole } from "./deployer-role";
import { diff } from "./diff";
import { doctor } from "./doctor";
import { init } from "./init";
import { preflight } from "./preflight";
import { prFind } from "./pr-find";
import { prPlan } from "./pr-plan";
import { prReport } from "./pr-report";
import { prove } from "./prove";
import { revoke } from "./revoke";
import { whatCan } from "./what-can";
import { whoCan } from "./who-can";
import { why } from "./why";

/** Every command, in the order of help. A new one is a file beside this and a line here. */
export const COMMANDS: readonly Command[] = [
  access,
  whoCan,
  whatCan,
  why,
  clocks,
  diff,
  check,
  annotations,
  prove,
  doctor,
  preflight,
  revoke,
  adopt,
  deployer,
  deployerRole,
  prReport,
  prPlan,
  prFind,
  comment,
  init,
  completion(() => COMMANDS),
];
