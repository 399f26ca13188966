import type { CronJobV1SpecJobTemplateSpecTemplate } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import type { PodShape } from "../injection/pod-props";
import { report } from "../private/findings";
import { neverComes, scheduleProblem } from "./cron-schedule";
import { JobRunProps, jobShape, jobSpec } from "./injected-job";
import { InjectedWorkload } from "./injected-workload";
import { checkedOptions } from "../private/options";
import { large } from "../private/large-classes";

/** Options of an InjectedCronJob. */
export interface InjectedCronJobProps extends JobRunProps {
  /**
   * Minute, hour, day of month, month and day of week, each a number, a range such as "0-29/5" or a list; or a word such as
   * "@hourly". Refused: what Kubernetes would refuse.
   */
  readonly schedule: string;
  /** Name of a time zone, such as "Europe/Zurich". @default - that of the cluster's control plane */
  readonly timeZone?: string;
  /** What happens at the next time when a Job still runs: "Replace" ends it, "Allow" runs both. @default "Forbid" */
  readonly concurrencyPolicy?: "Allow" | "Forbid" | "Replace";
  /** How late a Job may start before it is left out. @default - without limit */
  readonly startingDeadline?: Duration;
  /** Start no further Jobs. @default false */
  readonly suspend?: boolean;
  /** Jobs that succeeded and are kept. @default 3 */
  readonly successfulJobsHistoryLimit?: number;
  /** Jobs that failed and are kept. @default 1 */
  readonly failedJobsHistoryLimit?: number;
}

/** A CronJob whose pods get their logins from the injected Vault agent as those of an InjectedJob do, each run its own. */
export class InjectedCronJob extends InjectedWorkload {
  /**
   * The L1, a `CronJobV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: InjectedCronJobProps) {
    super(scope, id, given);
    const props = checkedOptions(this, "InjectedCronJobProps", given);
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = props;
    this._checkNumbers(0, { backoffLimit: props.backoffLimit, successfulJobsHistoryLimit, failedJobsHistoryLimit });
    this._checkNumbers(1, { completions: props.completions, parallelism: props.parallelism });
    const name = props.name ?? id;
    // Kubernetes appends eleven characters to the names of the Jobs.
    if (name.length > 52)
      report(this, {
        code: "kubernetes-name",
        message: `CronJob name ${JSON.stringify(name)} is longer than 52 characters`,
        fix: "give `name` a shorter label",
      });
    const problem = scheduleProblem(props.schedule);
    if (problem)
      report(this, {
        code: "workload",
        message: `schedule ${JSON.stringify(props.schedule)} ${problem}`,
        fix: 'write minute, hour, day of month, month and day of week, such as "30 2 * * 1-5"',
      });
    if (props.timeZone !== undefined && !Token.isUnresolved(props.timeZone) && !isTimeZone(props.timeZone))
      report(this, {
        code: "workload",
        message: `timeZone ${JSON.stringify(props.timeZone)} is not the name of a time zone`,
        fix: 'name it as the IANA has it, such as "Europe/Berlin"',
      });
    this.resource = this._make(
      props,
      { ...jobShape("CronJob", props), ...podsOfRuns(props), starts: startsOf(props) },
      ({ metadata, template }) =>
        new large.CronJobV1(this, "Resource", {
          metadata,
          spec: {
            schedule: props.schedule,
            timezone: props.timeZone,
            concurrencyPolicy: props.concurrencyPolicy ?? "Forbid",
            startingDeadlineSeconds: props.startingDeadline?.toSeconds(),
            suspend: props.suspend,
            ...{ successfulJobsHistoryLimit, failedJobsHistoryLimit },
            jobTemplate: {
              metadata: { labels: metadata.labels },
              spec: { ...jobSpec(props), template: template as CronJobV1SpecJobTemplateSpecTemplate },
            },
          },
        }),
    );
  }
}

/** How many pods run at once. It is not known where runs may overlap; where a run is replaced, the old one is still ending. */
function podsOfRuns(props: InjectedCronJobProps): Pick<PodShape, "pods" | "surge"> {
  const { concurrencyPolicy, parallelism = 1, schedule, suspend } = props;
  if (suspend === true || neverComes(schedule)) return { pods: 0 };
  if (concurrencyPolicy === "Allow") return { pods: undefined };
  return { pods: parallelism, surge: concurrencyPolicy === "Replace" ? parallelism : 0 };
}

/**
 * Whether the IANA's list has it: not an offset, which Kubernetes does not take. Intl finds a name in any case, Kubernetes as it is
 * written only (Go's time.LoadLocation). An alias, such as "US/Eastern", is told by its parts.
 */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    return known.toLowerCase() === name.toLowerCase() ? known === name : /^[A-Z][^/]*(\/[A-Z][^/]*)*$/.test(name);
  } catch {
    return false;
  }
}

/** When its pods start, and for how long they may run. */
function startsOf(props: InjectedCronJobProps): string {
  const { schedule, timeZone, startingDeadline, concurrencyPolicy = "Forbid", activeDeadline } = props;
  return [
    timeZone === undefined
      ? schedule
      : `${schedule} ${Token.isUnresolved(timeZone) ? "(time zone known at apply)" : timeZone}`,
    startingDeadline && `at most ${startingDeadline} late`,
    concurrencyPolicy === "Forbid" ? undefined : concurrencyPolicy,
    activeDeadline && `for at most ${activeDeadline}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}
