import { Token } from "cdktf";
import { dnsLabelProblem, dnsSubdomainProblem, quantityProblem } from "../../access/model/rules";
import { mayHoldCode } from "../../access/terraform/expression";
import type { NetworkTarget } from "./network-target";
import type { Seal } from "./seal";

/** What is looked at of `HaOptions` and `StandaloneOptions`. */
interface ModeTexts {
  readonly tlsSecret?: string;
  readonly storage?: string;
  readonly auditStorage?: string;
  readonly storageClass?: string;
  readonly cpuRequest?: string;
  readonly memory?: string;
  readonly replicas?: number;
  readonly allowFromNamespaces?: readonly string[];
  readonly allowTo?: readonly NetworkTarget[];
}

/** What cannot work in the options of Vault's modes: the chart takes any text, and Kubernetes refuses it when Helm installs. */
export function haProblems(options: ModeTexts & { readonly seal: Seal }): string[] {
  const { replicas = 3, tlsSecret, seal, allowFromNamespaces = [], allowTo = [] } = options;
  const problems: string[] = [];
  if (!Number.isSafeInteger(replicas) || replicas < 3 || replicas % 2 === 0)
    problems.push(`replicas is ${replicas}: Raft needs an odd number of servers, at least 3`);
  for (const name of allowFromNamespaces) {
    const problem = dnsLabelProblem(String(name));
    if (problem) problems.push(`the namespace ${JSON.stringify(name)} of allowFromNamespaces ${problem}`);
  }
  problems.push(...allowTo.flatMap(({ _problems }) => _problems));
  if (mayHoldCode(seal.toHcl())) problems.push("the seal holds a token or ${: Vault's configuration needs plain text");
  const { storage, auditStorage, storageClass, cpuRequest, memory } = options;
  return [
    ...problems,
    ...textProblems({ tlsSecret }, dnsLabelProblem),
    ...textProblems({ storageClass }, dnsSubdomainProblem),
    ...textProblems({ storage, auditStorage, memory }, quantityProblem),
    ...textProblems({ cpuRequest }, cpuProblem),
  ];
}

/** The same of one server. */
export function standaloneProblems({ tlsSecret, storage, seal }: ModeTexts & { readonly seal?: string }): string[] {
  return [
    ...textProblems({ tlsSecret }, dnsLabelProblem),
    ...textProblems({ storage }, quantityProblem),
    ...textProblems({ seal }, sealProblem),
  ];
}

function textProblems(
  texts: Readonly<Record<string, string | undefined>>,
  problemOf: (text: string) => string | undefined,
): string[] {
  return Object.entries(texts).flatMap(([option, text]) => {
    const problem = text === undefined || Token.isUnresolved(text) ? undefined : problemOf(text);
    return problem === undefined ? [] : [`${option} ${JSON.stringify(text)} ${problem}`];
  });
}

function cpuProblem(amount: string): string | undefined {
  return /^(\d+m|\d+(\.\d+)?)$/.test(amount) ? undefined : 'is not an amount of CPU like "500m"';
}

/** Vault does not start with a stanza that HCL cannot read. */
function sealProblem(text: string): string | undefined {
  return /^\s*seal\s+"[a-z]+"\s*\{[\s\S]*\}\s*$/.test(text) ? undefined : 'is not a stanza like seal "awskms" { … }';
}
