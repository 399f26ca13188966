import { IConstruct } from "constructs";
import { Finding, FindingCode } from "../../access/findings/finding";
import { noteChange } from "./changes";
import { userLine } from "./source-line";

const KEY = "leasehold:claim";

interface Claim {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
  readonly line?: string;
}

/** Kinds of name that one construct alone may hold, with the code and the remedy when two do. */
const KINDS: Readonly<Record<string, { readonly code: FindingCode; readonly is?: string; readonly fix: string }>> = {
  ServiceAccount: {
    code: "identity-duplicate",
    fix: 'let one workload make it, and give those of other stacks `serviceAccount: "existing"`',
  },
  "key of an issuer": {
    code: "token-issuer",
    is: "is given",
    fix: "give each cluster keys of its own: with one key for both, tokens of one cluster log in as the workloads of the other",
  },
  policy: {
    code: "policy-name",
    fix: "give one of them another name: the last one written would be the policy of both",
  },
  server: {
    code: "instance",
    fix: "give one of them another `instanceName`: both would keep their admin's password in one entry",
  },
  database: {
    code: "database-duplicate",
    fix: "make it once, and pass it to whoever needs it",
  },
  "owner role": {
    code: "database-duplicate",
    fix: "give each database an `owner` of its own: a role is made once, and with one database it would be dropped for both",
  },
  Job: {
    code: "migration",
    fix: "let each migration run as an identity of its own: its Job is named for that and for what it runs",
  },
  namespace: {
    code: "kubernetes-name",
    fix: "let one stack make it: the other names it in `vault.injectNamespaces`, and a second Vault has a `vault.namespace` of its own",
  },
  workload: {
    code: "workload",
    fix: "give one of them another `name`: the second apply would find the first one's object",
  },
  cluster: {
    code: "identity-cluster",
    fix: "give each cluster a `clusterName` of its own: names of roles and policies are made of it, and two workloads would have one",
  },
  "auth method": { code: "mount-path", fix: "give each cluster an `authPath` of its own" },
};

/** Says that this construct holds a name in a system outside of Terraform. */
export function claimName(construct: IConstruct, kind: keyof typeof KINDS & string, name: string): void {
  const claim: Claim = { kind, name, path: construct.node.path, line: userLine() };
  construct.node.addMetadata(KEY, claim);
  noteChange(construct);
}

/** A finding for each name that two constructs hold: Terraform would make it twice, or the last would win. */
export function doubleClaims(constructs: readonly IConstruct[]): Finding[] {
  const groups = new Map<string, Claim[]>();
  for (const construct of constructs) {
    for (const entry of construct.node.metadata.filter(({ type }) => type === KEY)) {
      const claim = entry.data as Claim;
      const key = `${claim.kind} ${claim.name}`;
      const group = groups.get(key);
      if (group) group.push(claim);
      else groups.set(key, [claim]);
    }
  }
  return [...groups.values()]
    .filter((claims) => claims.length > 1)
    .map((claims) => ({
      code: KINDS[claims[0].kind].code,
      severity: "error",
      message: `${claims[0].kind} ${claims[0].name} ${KINDS[claims[0].kind].is ?? "is made"} ${claims.length} times: ${claims.map(({ path }) => path).join(", ")}`,
      fix: KINDS[claims[0].kind].fix,
      path: claims[0].path,
      sources: [...new Set(claims.map(({ line }) => line).filter((line): line is string => line !== undefined))],
    }));
}
