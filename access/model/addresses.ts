/**
 * What an address or the name of an image may be, as pure functions: `undefined` when it is fit, else what is wrong with it, in
 * words that continue "<address> …".
 */

import { isIPv4, isIPv6 } from "node:net";
import { isComputed } from "../terraform/json";
import { holdsToken } from "./cdktf-tokens";
import { textProblem } from "./rules";

/** A host, for a URL: a name, an IPv4 address, or an IPv6 address in brackets. */
export function hostProblem(host: string): string | undefined {
  return isHost(host) ? undefined : "is not a host name or address";
}

function isHost(host: string): boolean {
  const inBrackets = /^\[(.*)\]$/.exec(host)?.[1];
  if (inBrackets !== undefined) return isIPv6(inBrackets) && !inBrackets.includes("%");
  const labels = host.split(".");
  if (host.length > 253 || !labels.every((label) => LABEL.test(label))) return false;
  // A resolver takes a name whose last part is a number for an IPv4 address.
  return !/^\d+$/.test(labels[labels.length - 1]) || isIPv4(host);
}

const LABEL = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** Where a server answers over HTTP: a scheme, a host, a port and a path. */
export function urlProblem(address: unknown): string | undefined {
  if (typeof address !== "string") return "is not a text";
  if (holdsToken(address)) return "holds a token of cdktf, whose value is known only when Terraform runs";
  if (!/^https?:\/\//i.test(address)) return "has neither https:// nor http:// at its beginning";
  if (/^[^/]+\/\/[^/?#]*@/.test(address))
    return "holds a login, which everybody would read who reads the program's output";
  if (/[?#]/.test(address)) return "holds a query or a fragment";
  if (/[\s\\\p{Cc}]/u.test(address) || !URL.canParse(address)) return "is not an address";
  return hostProblem(new URL(address).hostname) && "has no host";
}

/** Every client of Vault adds it to the address. */
const API = /\/v1\/*$/;

/** Where a Vault answers: as `urlProblem`, and no address that ends with the API's own /v1. */
export function vaultAddressProblem(address: unknown): string | undefined {
  const problem = urlProblem(address);
  if (problem !== undefined || !API.test(new URL(address as string).pathname)) return problem;
  return "ends with /v1, which every client of Vault adds: Vault has nothing at /v1/v1";
}

/** The address as a message may show it: without a login that somebody wrote into it. */
export function shownAddress(address: string): string {
  return JSON.stringify(address.replace(/\/\/[^/?#]*@/, "//…@"));
}

const DOMAIN =
  "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?";
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const IMAGE = new RegExp(
  `^(?:${DOMAIN}/)?${PART}(?:/${PART})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?$`,
);

/** Digits of a digest, by its algorithm. */
const DIGITS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** An image's name, as the kubelet reads it (distribution/reference). No apply shows that the kubelet could not read one. */
export function imageProblem(image: string): string | undefined {
  // An expression of Terraform: what it names is known at apply only.
  if (isComputed(image)) return textProblem(image);
  if (image === "") return "is empty";
  if (/\s/.test(image)) return "is not the name of an image: it holds space";
  if (!IMAGE.test(image) || image.length > 512)
    return "is not the name of an image: a registry, lower-case parts divided by '/', a tag or a digest";
  // What the pattern lets through, and distribution/reference does not.
  const [, name, , algorithm, digest] = /^([^@]*?)(:[^:/@]*)?(?:@([^:]+):(.*))?$/.exec(image) ?? [];
  if (name.length > 255) return "has a name of more than 255 characters";
  if (/^[0-9a-f]{64}$/.test(image)) return "is 64 hexadecimal digits, which the kubelet takes for an id";
  const digits = algorithm === undefined ? undefined : DIGITS[algorithm];
  return digits !== undefined && !new RegExp(`^[0-9a-f]{${digits}}$`).test(digest)
    ? `has a ${algorithm} digest that is not ${digits} lower-case hexadecimal digits`
    : undefined;
}
