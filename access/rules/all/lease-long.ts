import { formatSeconds } from "../../model/duration";
import { hardening, Rule } from "../rule";

const DAY = 24 * 3600;

export const leaseLong: Rule = {
  id: "lease-long",
  severity: "warning",
  title: "A login lives a week at most",
  why: "A stolen login works until its end, and so does a session that was opened with it.",
  fix: "give the identity or the database a shorter `lease.maxTtl`: the agent fetches the next login by itself",
  references: [hardening("Use short TTLs")],
  productionOnly: true,
  check: ({ graph }) =>
    graph.edges
      .filter(({ leaseMaxTtl }) => leaseMaxTtl > 7 * DAY)
      .map((edge) => ({
        at: edge,
        what: `logins of ${edge.identity} on ${edge.mountPath} live up to ${formatSeconds(edge.leaseMaxTtl)}`,
      })),
};
