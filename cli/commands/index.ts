import type { Command } from "../command";
import { access } from "./access";
import { diff } from "./diff";
import { whatCan } from "./what-can";
import { whoCan } from "./who-can";
import { why } from "./why";

/** Every command, in the order of help. A new one is a file beside this and a line here. */
export const COMMANDS: readonly Command[] = [access, whoCan, whatCan, why, diff];
