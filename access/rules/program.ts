import type { AccessGraph, Provenance } from "../model/graph";
import { chartsOf, Chart } from "./charts";
import { blocks, first, Json, JsonObject, object } from "../terraform/json";
import { Pod, podOf } from "./pods";

import type { Resource, Unseen } from "./resource";

export * from "../terraform/json";
export type { Resource, Unseen } from "./resource";

/** A synthesized program, as the rules read it. */
export interface Program {
  /** Whether it is held to production. */
  readonly production: boolean;
  readonly graph: AccessGraph;
  readonly resources: readonly Resource[];
  /** Provider blocks and backends, one of each and stack. */
  readonly settings: readonly Resource[];
  /** What runs as a pod, whatever makes it. */
  readonly pods: readonly Pod[];
  /** Helm releases of Vault's chart. */
  readonly charts: readonly Chart[];
  /** What no rule has looked into, and why. */
  readonly unseen: readonly Unseen[];
}

/** A stack as it is written. */
export interface StackDocument {
  readonly name: string;
  readonly document: JsonObject;
}

/** @param lines the user's line of each construct path, where it is known; a path below stands for that of its parent */
export function programOf(
  stacks: readonly StackDocument[],
  graph: AccessGraph,
  said: { readonly production: boolean; readonly lines: Readonly<Record<string, string>> },
): Program {
  const placed = (path: string): Provenance => {
    const source = lineOf(path, said.lines);
    return { path, ...(source !== undefined && { source }) };
  };
  const resources = stacks.flatMap(({ name, document }) => [
    ...blocksOf(name, document.resource, "", placed),
    ...blocksOf(name, document.data, "data.", placed),
  ]);
  const settings = stacks.flatMap(({ name, document }) => settingsOf(name, document, placed));
  const modules = stacks.flatMap(({ name, document }) =>
    Object.entries(object(document.module)).map(([id, body]) => ({
      ...placed(pathOf(first(body), name)),
      why: `module ${id}: what it makes is not read`,
    })),
  );
  const charts = chartsOf(resources);
  const pods = resources.flatMap((resource) => podOf(resource) ?? []);
  return {
    production: said.production,
    graph,
    resources,
    settings,
    pods,
    charts: charts.read,
    unseen: [...modules, ...charts.unseen],
  };
}

/** The line of a construct, or of the nearest one that it stands in. */
export function lineOf(path: string, lines: Readonly<Record<string, string>>): string | undefined {
  for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/"))))
    if (Object.hasOwn(lines, at)) return lines[at];
  return undefined;
}

function blocksOf(
  stack: string,
  kinds: Json | undefined,
  before: string,
  placed: (path: string) => Provenance,
): Resource[] {
  return Object.entries(object(kinds)).flatMap(([type, named]) =>
    Object.entries(object(named)).map(([id, said]) => {
      const body = first(said);
      return {
        ...placed(pathOf(body, stack)),
        stack,
        address: `${before}${type}.${id}`,
        type: before + type.replace(/_v\d+(beta\d+)?$/, ""),
        body,
      };
    }),
  );
}

function settingsOf(stack: string, document: JsonObject, placed: (path: string) => Provenance): Resource[] {
  const providers = Object.entries(object(document.provider)).flatMap(([type, said]) =>
    blocks(said).map((body) => ({
      ...placed(stack),
      stack,
      address: `provider.${type}`,
      type: `provider.${type}`,
      body,
    })),
  );
  const terraform = object(document.terraform);
  const backend = Object.entries(object(terraform.backend))[0];
  const [type, body] = backend ?? (terraform.cloud === undefined ? ["local", {}] : ["cloud", first(terraform.cloud)]);
  return [
    ...providers,
    { ...placed(stack), stack, address: "terraform.backend", type: `backend.${type}`, body: first(body) },
  ];
}

function pathOf(body: JsonObject, stack: string): string {
  const { path } = object(object(body["//"]).metadata);
  return typeof path === "string" ? path : stack;
}
