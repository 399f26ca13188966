import { Token } from "cdktf";
import { dnsSubdomainProblem } from "../../access/model/rules";
import { isComputed } from "../../access/terraform/json";

/** Something that the API server would refuse of a pod, or the kubelet never start. */
export interface PodProblem {
  readonly message: string;
  readonly fix: string;
}

/** The largest number of most fields of Kubernetes: they have 32 bits. */
export const LARGEST = 2 ** 31 - 1;

/** Whether Kubernetes takes it where it counts something. A token is not known here. */
export function isCount(value: number, least: number): boolean {
  return Token.isUnresolved(value) || (Number.isInteger(value) && value >= least && value <= LARGEST);
}

/** A number of pods, where it is known now: a token stands for one that is known when Terraform runs. */
export function knownCount(value: number | undefined): number | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

/** The name of an object in the pod's namespace, or of a class. */
export function objectName(what: string, name: string | undefined): PodProblem[] {
  const problem = name === undefined || !knownNow(name) ? undefined : dnsSubdomainProblem(name);
  return said(`${what} ${show(name)}`, problem, "give the name as Kubernetes has it");
}

/** A problem, where there is one. */
export function said(what: string, problem: string | undefined, fix: string): PodProblem[] {
  return problem === undefined ? [] : [{ message: `${what} ${problem}`.trimEnd(), fix }];
}

/** Whether the text is known now: no token, and no expression of Terraform. For what the pod's own resource carries as it is. */
export function knownNow(text: string): boolean {
  return plain(text) && !isComputed(text);
}

/** Whether the text is no token. An expression is refused like any other text where its value could hide something. */
export function plain(text: string): boolean {
  return !Token.isUnresolved(text);
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  return JSON.stringify(value);
}
