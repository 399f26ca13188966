/** The fields of a schedule as Kubernetes reads them: its name, least and greatest number, and names for numbers. */
const FIELDS: readonly (readonly [name: string, least: number, greatest: number, names: readonly string[]])[] = [
  ["minute", 0, 59, []],
  ["hour", 0, 23, []],
  ["day of month", 1, 31, []],
  ["month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]],
  ["day of week", 0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]],
];

const NAMED = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every (\d+(h|m|s))+)$/;

/** What Kubernetes would refuse in the schedule of a CronJob, in words; undefined when nothing. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.startsWith("@"))
    return NAMED.test(schedule) ? undefined : "is not a name that Kubernetes has for a schedule";
  if (/TZ=/.test(schedule)) return "names a time zone, which belongs in `timeZone`";
  const fields = schedule.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== FIELDS.length) return `has ${fields.length} fields; it must have 5`;
  for (const [index, field] of fields.entries()) {
    const problem = field.split(",").map((part) => partProblem(part, index));
    const found = problem.find((text) => text !== undefined);
    if (found) return `has the ${FIELDS[index][0]} ${JSON.stringify(field)}: ${found}`;
  }
  return undefined;
}

function partProblem(part: string, index: number): string | undefined {
  const [, least, greatest] = FIELDS[index];
  const [, from, to, step] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (from === undefined || ((from === "*" || from === "?") && to !== undefined))
    return `${JSON.stringify(part)} is not a number, range or step`;
  if (step !== undefined && Number(step) < 1) return `the step ${step} is less than 1`;
  const ends = [from, to].filter((end) => end !== undefined && end !== "*" && end !== "?").map((end) => at(end, index));
  if (ends.some((end) => Number.isNaN(end))) return `${JSON.stringify(part)} is not a number, range or step`;
  if (ends.some((end) => end < least || end > greatest)) return `numbers go from ${least} to ${greatest}`;
  return ends.length === 2 && ends[0] > ends[1] ? `the range ${part} goes backwards` : undefined;
}

function at(end: string, index: number): number {
  if (/^\d+$/.test(end)) return Number(end);
  const [, least, , names] = FIELDS[index];
  const found = names.indexOf(end.toLowerCase());
  return found < 0 ? Number.NaN : found + least;
}

/** Days that each month has at most. */
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Whether a schedule names only days that no year has, such as February 30: it starts nothing. One with a day of the week starts on
 * that day, too, as Kubernetes reads it.
 */
export function neverComes(schedule: string): boolean {
  if (schedule.startsWith("@") || scheduleProblem(schedule) !== undefined) return false;
  const [, , days, months, weekdays] = schedule.split(/\s+/).filter((field) => field !== "");
  if (!["*", "?"].includes(weekdays)) return false;
  const [ofMonth, ofYear] = [numbersOf(days, 2), numbersOf(months, 3)];
  return !ofYear.some((month) => ofMonth.some((day) => day <= DAYS[month - 1]));
}

/** All numbers that a field stands for. */
function numbersOf(field: string, index: number): number[] {
  const [, least, greatest] = FIELDS[index];
  return field.split(",").flatMap((part) => {
    const [, from, to, step] = /^(\*|\?|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const all = from === "*" || from === "?";
    const first = all ? least : at(from, index);
    const last = to !== undefined ? at(to, index) : all || step !== undefined ? greatest : first;
    const every = Number(step ?? 1);
    return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, turn) => first + turn * every);
  });
}
