import { GUARD_CHART } from "../../access/model/injection-guard";
import { KINDS } from "../../bench/rehearse/handlers/kubernetes/kinds";
import { canonical, isObject, Json, JsonObject } from "../../bench/rehearse/model/values";
import { DeployerOptions } from "./policy";
import { argument, blocksOf, NotCovered, readStacks, StackBlock, StackDocument } from "./program";
import { Rights, RoleRule } from "./rights";
import { KNOWN_CHART, vaultChartObjects } from "./vault-chart";

/** What somebody who deploys asks of the Kubernetes API. */
export interface DeployerRoles {
  /** Rules for the whole cluster. */
  readonly cluster: readonly RoleRule[];
  /** Rules in each namespace. */
  readonly namespaces: ReadonlyMap<string, readonly RoleRule[]>;
  /** Blocks of the providers of Kubernetes and Helm whose needs are not known here, and why. */
  readonly notCovered: readonly NotCovered[];
}

/**
 * What Terraform's providers ask: hashicorp/kubernetes 2.38.0 (kubernetes/resource_kubernetes_*_v1.go), and hashicorp/helm 3.1.1 with
 * Helm 3.18.
 * @throws when the folder holds no synthesized program, has no stack of a name that was asked for, or the stacks are of several clusters
 */
export function deployerRoles(outdir: string, { stacks, planOnly }: DeployerOptions): DeployerRoles {
  const rights = new Rights();
  const notCovered: NotCovered[] = [];
  const documents = readStacks(outdir, stacks);
  oneCluster(documents);
  for (const of of documents)
    for (const block of [...blocksOf(of.document, "kubernetes_"), ...blocksOf(of.document, "helm_")]) {
      const needs = block.type === "helm_release" ? releaseNeeds : objectNeeds;
      const mine = new Rights();
      try {
        if (block.kind !== "resource") throw new Error(`what data of ${block.type} needs is not known`);
        needs(of, block, mine, planOnly);
        rights.addAll(mine);
      } catch (error) {
        notCovered.push({ stack: of.stack, address: block.address, because: (error as Error).message });
      }
    }
  return { ...rights.rules(), notCovered };
}

/**
 * A migration's Job and ConfigMap have a digest in their names: each change makes new ones and deletes the old ones.
 * RBAC has no patterns, so the rule is for all names.
 */
const OF_CONTENT = /-[0-9a-f]{10}(?:-[a-z-]+)?$/;

/** One object: a plan reads it, an apply makes, changes and deletes it. */
function objectNeeds(of: StackDocument, block: StackBlock, rights: Rights, planOnly: boolean): void {
  const kind = KINDS.find(({ type }) => type === block.type);
  if (!kind) throw new Error(`what ${block.type} needs is not known`);
  const metadata = Array.isArray(block.body.metadata) ? "metadata.0" : "metadata";
  const named = argument(of, block, `${metadata}.name`);
  const name = OF_CONTENT.test(named) ? undefined : named;
  const [group] = kind.apiVersion.includes("/") ? kind.apiVersion.split("/") : [""];
  const on = {
    group: String(group),
    plural: kind.plural,
    ...(kind.namespaced && { namespace: argument(of, block, `${metadata}.namespace`, "default") }),
  };
  rights.add({ ...on, name, verbs: ["get"] });
  if (planOnly) return;
  rights.add({ ...on, verbs: ["create"] });
  // The provider replaces a changed CronJob whole, and patches the others.
  rights.add({ ...on, name, verbs: [kind.kind === "CronJob" ? "update" : "patch", "delete"] });
  if (kind.kind !== "ClusterRoleBinding") return;
  // Whoever binds a role must hold what it allows, or have the verb `bind` for this role.
  const role = Array.isArray(block.body.role_ref) ? "role_ref.0" : "role_ref";
  const roleName = argument(of, block, `${role}.name`);
  rights.add({ group: "rbac.authorization.k8s.io", plural: "clusterroles", name: roleName, verbs: ["bind"] });
}

/** A release. Helm notes in Secrets what it installed, and a plan reads them; an apply touches the objects as well. */
function releaseNeeds(of: StackDocument, block: StackBlock, rights: Rights, planOnly: boolean): void {
  const namespace = argument(of, block, "namespace", "default");
  const release = argument(of, block, "name");
  // Helm looks for the Secrets of a release by their labels, and each has a new name.
  const secrets = { group: "", plural: "secrets", namespace };
  const { objects, handedOn } = chartObjects(of, block, release, namespace);
  rights.add({ ...secrets, verbs: ["list"] });
  if (planOnly) return;
  rights.add({ ...secrets, verbs: ["create", "get", "update", "delete"] });
  for (const { name, ...on } of objects) {
    rights.add({ ...on, verbs: ["create"] });
    rights.add({ ...on, name, verbs: ["get", "patch", "delete"] });
    // Helm waits for a Deployment by its newest ReplicaSet.
    if (on.plural === "deployments" && block.body.wait !== false)
      rights.add({ group: "apps", plural: "replicasets", namespace: on.namespace, verbs: ["list"] });
  }
  handedOn.forEach((one) => rights.add(one));
}

function chartObjects(
  of: StackDocument,
  block: StackBlock,
  release: string,
  namespace: string,
): ReturnType<typeof vaultChartObjects> {
  const { set, values: written } = block.body;
  const values = (Array.isArray(written) ? written : []).map(parsed);
  const [only = {}] = values;
  const chart = argument(of, block, "chart");
  if (values.length > 1 || [set].flat().some((one) => one !== undefined && one !== null))
    throw new Error("its values are in several places: what they make is not known here");
  if (chart === GUARD_CHART) {
    const objects = (Array.isArray(only.objects) ? only.objects : []).filter(isObject).map((one) => ({
      group: String(one.apiVersion).split("/")[0],
      plural: { ValidatingAdmissionPolicy: "validatingadmissionpolicies" }[String(one.kind)] ?? BINDINGS,
      name: String(isObject(one.metadata) ? one.metadata.name : ""),
    }));
    return { objects, handedOn: [] };
  }
  const version =
    /(?:^|\/)vault-(\d+\.\d+\.\d+)\.tgz$/.exec(chart)?.[1] ?? argument(of, block, "version", "of a folder");
  if (!/(?:^|\/)vault(?:-[\d.]+\.tgz)?$/.test(chart) || version !== KNOWN_CHART)
    throw new Error(
      `what the chart ${chart} (version ${version}) installs is not known: only that of vault ${KNOWN_CHART}`,
    );
  return vaultChartObjects(release, namespace, only);
}

const BINDINGS = "validatingadmissionpolicybindings";

function parsed(document: Json): JsonObject {
  let value: Json = null;
  try {
    value = JSON.parse(String(document)) as Json;
  } catch {
    // Said below.
  }
  if (!isObject(value)) throw new Error("its values are not JSON");
  return value;
}

/** Roles are of one cluster: rights of one must not be given in another. */
function oneCluster(documents: readonly StackDocument[]): void {
  const seen = new Map<string, string>();
  for (const { stack, document } of documents) {
    const { kubernetes, helm } = isObject(document.provider) ? document.provider : {};
    const [settings] = [kubernetes, helm].flat().filter((one) => isObject(one ?? null)) as JsonObject[];
    if (!settings) continue;
    const own = isObject(settings.kubernetes ?? null) ? (settings.kubernetes as JsonObject) : settings;
    seen.set(canonical(own), seen.get(canonical(own)) ?? stack);
  }
  const [first, second] = [...seen.values()];
  if (second !== undefined)
    throw new Error(`stacks ${first} and ${second} are of different clusters: name the stacks of one with --stack`);
}
