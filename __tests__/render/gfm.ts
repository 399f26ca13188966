import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** A node of the syntax tree of GitHub-flavoured Markdown. */
export interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly lang?: string;
  readonly depth?: number;
  readonly children?: readonly Node[];
}

/**
 * micromark, which follows cmark-gfm, GitHub's own parser, down to its tables (cells end at every pipe without a backslash, in code too),
 * literal links and addresses (found in text after its entities were decoded) and raw HTML. marked and markdown-it have tables,
 * but other rules for these, so that their trees would not show what GitHub makes of a name.
 */
export class Gfm {
  private readonly worker = new Worker(join(__dirname, "gfm-worker.mjs"));
  private readonly waiting = new Map<number, (tree: Node) => void>();
  private next = 0;

  constructor() {
    this.worker.on("message", ({ id, tree }: { id: number; tree: Node }) => {
      this.waiting.get(id)?.(tree);
      this.waiting.delete(id);
    });
  }

  parse(text: string): Promise<Node> {
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.worker.postMessage({ id, text });
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Every node of a tree, itself first. */
export function nodes(tree: Node): Node[] {
  return [tree, ...(tree.children ?? []).flatMap(nodes)];
}

/** The values of a type of node. */
export function values(tree: Node, type: string): string[] {
  return nodes(tree)
    .filter((node) => node.type === type)
    .map(({ value }) => value ?? "");
}

/** How many nodes there are of each type. */
export function census(tree: Node): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of nodes(tree)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}
