import {
  Aspects,
  TerraformBackend,
  TerraformElement,
  TerraformOutput,
  TerraformProvider,
  TerraformRemoteState,
  TerraformStack,
} from "cdktf";
import { IConstruct } from "constructs";
import { checkGraph } from "../../access/findings/check";
import { Finding, formatFinding } from "../../access/findings/finding";
import { byCodeUnit } from "../../access/model/graph";
import { changesOf } from "../private/changes";
import { strangeClusters } from "../private/cluster-names";
import { doubleClaims } from "../private/claims";
import { reported } from "../private/findings";
import { isMarked } from "../private/guards";
import { sharedAddresses } from "../private/server-addresses";
import { clusterFindings } from "./clusters";
import { unacknowledged } from "./findings";
import { graphOf } from "./graph";
import { mountFindings } from "./mounts";
import { networkFindings } from "./networks";
import { ownersOf, serverFindings } from "./servers";
import { heldToProduction } from "./guardrails";
import { deriveOrder, providersOf } from "./order";
import { rootOf } from "../private/arguments";

/** Every finding of the program that nobody has acknowledged, errors first. */
export function findingsOf(construct: IConstruct): Finding[] {
  const root = rootOf(construct, "findingsOf");
  const constructs = root.node.findAll();
  return unacknowledged(everyFinding(root, constructs), constructs);
}

/** Every finding of the program, acknowledged or not. */
function everyFinding(root: IConstruct, constructs: readonly IConstruct[]): Finding[] {
  const production = heldToProduction(root);
  const graph = graphOf(constructs);
  const all = [
    ...reported(constructs, { production }),
    ...doubleClaims(constructs),
    ...clusterFindings(constructs),
    ...serverFindings(constructs),
    ...mountFindings(constructs),
    ...strangeClusters(constructs),
    ...sharedAddresses(constructs),
    ...networkFindings(constructs, graph),
    ...checkGraph(graph, { production, owners: ownersOf(constructs) }),
  ];
  const unique = new Map(all.map((finding) => [formatFinding(finding), finding]));
  const ranked = [...unique].map(([text, finding]) => {
    return { finding, rank: `${finding.severity === "error" ? 0 : 1} ${finding.path} ${text}` };
  });
  return ranked.sort((a, b) => byCodeUnit(a.rank, b.rank)).map(({ finding }) => finding);
}

/** What a program was when it was judged, and what was found. */
interface Verdict {
  readonly constructs: readonly IConstruct[];
  /** The same by the part of the tree that they are in: see `partsOf`. */
  readonly parts: ReadonlyMap<IConstruct, readonly IConstruct[]>;
  /** The providers among the constructs. Every stack asks for them, and a tree has many constructs and few providers. */
  readonly providers: readonly IConstruct[];
  readonly changes: number;
  readonly settings: string;
  readonly findings: readonly Finding[];
  /** The same, and those that somebody acknowledged. */
  readonly every: readonly Finding[];
}

const verdicts = new WeakMap<IConstruct, Verdict>();

/** Called when a synthesis begins or somebody asks: the program is then judged again. */
export function forgetVerdict(construct: IConstruct): void {
  verdicts.delete(construct.node.root);
}

/**
 * The findings of the program as it is now; the order of its stacks is derived first. Every stack asks when it is
 * prepared and when it is written, and all ask about the same tree. So the program is judged again only where it may
 * have changed since, for instance by an Aspect of this stack.
 */
export function verdictOf(stack: TerraformStack): readonly Finding[] {
  return judged(stack).findings;
}

/** Every finding of the program as it is now, acknowledged or not. */
export function everyFindingOf(root: IConstruct): readonly Finding[] {
  return judged(root).every;
}

/** @param asked the stack that asks: what may have changed since the program was judged is looked for there; or the whole tree */
function judged(asked: IConstruct): Verdict {
  const { root } = asked.node;
  const before = verdicts.get(root);
  const changes = changesOf(root);
  const unchanged = before && isAsBefore(asked, before.parts) ? before : undefined;
  const constructs = unchanged?.constructs ?? root.node.findAll().filter((child) => !isPassage(child));
  const parts = unchanged?.parts ?? partsOf(constructs);
  const providers = unchanged?.providers ?? constructs.filter(TerraformProvider.isTerraformProvider);
  const settings = settingsOf(root, providers);
  const same = unchanged?.changes === changes && unchanged.settings === settings;
  if (same && !hasOthersAspects(asked)) return unchanged;
  deriveOrder(constructs);
  const every = everyFinding(root, constructs);
  const findings = unacknowledged(every, constructs);
  const verdict = { constructs, parts, providers, changes, settings, findings, every };
  verdicts.set(root, verdict);
  return verdict;
}

/**
 * The constructs of each stack that has a check, and with the root those of everything else: a stack without one asks nothing, and what changes in it
 * would be seen by nobody.
 *
 * @param constructs of the tree, its root first
 */
function partsOf(constructs: readonly IConstruct[]): Map<IConstruct, IConstruct[]> {
  const parts = new Map<IConstruct, IConstruct[]>();
  for (const construct of constructs) {
    // The part around a stack has the stack itself, and not what is in it.
    const outer = construct.node.scopes
      .slice(0, -1)
      .reverse()
      .find((scope) => parts.has(scope));
    if (outer) parts.get(outer)?.push(construct);
    if (!outer || asks(construct)) parts.set(construct, [construct]);
  }
  return parts;
}

function asks(construct: IConstruct): boolean {
  return TerraformStack.isStack(construct) && construct.node.children.some((child) => isMarked(child, "AccessCheck"));
}

/**
 * Whether nothing was added and nothing taken away where a change bears on this stack, but for what cdktf adds. Every stack asks this twice, of its own
 * part and of the root's: each of the others is looked at when its own turn comes. So no list is made.
 */
function isAsBefore(asked: IConstruct, parts: Verdict["parts"]): boolean {
  const { root } = asked.node;
  return (asked === root ? [...parts.keys()] : [root, asked]).every((part) => hasOnly(part, parts));
}

function hasOnly(part: IConstruct, parts: Verdict["parts"]): boolean {
  const constructs = parts.get(part) ?? [];
  let next = 0;
  const known = (construct: IConstruct): boolean => {
    if (construct === constructs[next]) next += 1;
    else if (!isPassage(construct)) return false;
    if (construct !== part && parts.has(construct)) return true;
    for (const child of construct.node.children) if (!known(child)) return false;
    return true;
  };
  return known(part) && next === constructs.length;
}

/** What findings and the order of stacks follow from, beside the fields of our own constructs. */
function settingsOf(root: IConstruct, providers: readonly IConstruct[]): string {
  const texts = ["vault", "kubernetes", "postgresql"].flatMap((type) =>
    providersOf(providers, type).map(({ text }) => text),
  );
  return JSON.stringify([heldToProduction(root), texts]);
}

const passages = new WeakMap<IConstruct, boolean>();

/** Elements that cdktf itself adds while it prepares stacks: backends, and values that go from stack to stack. */
function isPassage(child: IConstruct): boolean {
  let passage = passages.get(child);
  if (passage === undefined) passages.set(child, (passage = looksLikePassage(child)));
  return passage;
}

function looksLikePassage(child: IConstruct): boolean {
  if (!TerraformElement.isTerraformElement(child)) return false;
  if (child instanceof TerraformRemoteState) return true;
  return TerraformBackend.isBackend(child) || TerraformOutput.isTerraformOutput(child);
}

/** Whether somebody else's Aspects visit this stack: they may change anything in the tree, and nobody is told. */
function hasOthersAspects(asked: IConstruct): boolean {
  return asked.node
    .findAll()
    .some((construct) => Aspects.of(construct).all.some((aspect) => !isMarked(aspect, "Aspect")));
}
