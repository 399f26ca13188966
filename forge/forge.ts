import { ForgeError, withRetries } from "./http";

/** A comment of a pull request that this token's own user wrote, and that starts with our marker. */
export interface OwnComment {
  readonly id: string;
  readonly body: string;
}

/** A pull request of GitHub, a merge request of GitLab. */
export interface PullRequest {
  /** The commit that it holds now. */
  readonly commit: string;
  /** Our own comments, oldest first. */
  readonly own: readonly OwnComment[];
}

/** What a forge must be able to do. */
export interface Forge {
  /** Most characters of a comment. */
  readonly limit: number;
  look(marker: string): Promise<PullRequest>;
  create(body: string): Promise<void>;
  update(id: string, body: string): Promise<void>;
  remove(id: string): Promise<void>;
}

/** What became of the comment. */
export type CommentOutcome = "created" | "updated" | "unchanged" | "outdated";

/** The hidden first line by which a comment is found again. Several programs of one repository have a marker each. */
export function markerLine(marker: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(marker))
    throw new ForgeError(
      `${JSON.stringify(marker)} is not a marker: up to 40 small letters, digits and -, starting with a letter or digit`,
    );
  return `<!-- leasehold:${marker} -->`;
}

/**
 * Leaves exactly one comment with this text on the pull request. It updates the oldest of its own and removes others
 * that a lost answer may have left, or creates one. It never touches comments of others, whatever they hold.
 *
 * Where the pull request no longer ends in the commit, everything stays as it is: the text is out of date, and a newer
 * run may have written already.
 *
 * @param commit what the text is about
 */
export async function keepComment(
  forge: Forge,
  comment: { readonly marker: string; readonly text: string; readonly commit?: string },
  sleep?: (milliseconds: number) => Promise<void>,
): Promise<CommentOutcome> {
  const first = markerLine(comment.marker);
  const body = `${first}\n${comment.text.trim()}\n`;
  // Cut here, it could lose what matters. Who renders the text knows the budget, and chooses.
  if (body.length > forge.limit)
    throw new ForgeError(
      `the comment has ${body.length} characters, the forge takes ${forge.limit}: nothing was posted, and nothing was cut. ` +
        "Render it with a smaller budget.",
    );
  // Each try looks again: that shows whether a creation took place whose answer was lost.
  return withRetries(async () => {
    const { commit, own } = await forge.look(first);
    if (comment.commit !== undefined && comment.commit !== commit) return "outdated";
    const [kept, ...more] = own;
    for (const { id } of more) await forge.remove(id);
    if (!kept) {
      await forge.create(body);
      return "created";
    }
    if (kept.body.trim() === body.trim()) return "unchanged";
    await forge.update(kept.id, body);
    return "updated";
  }, sleep);
}
