import type { Provenance } from "../access/model/graph";
import { markdownCode } from "./escape";
import { placeName } from "./words";

/** Where a forge shows the files of both sides: addresses of a commit, such as `https://github.com/wizards/shop/blob/1f0c4f7a…`. */
export interface SourceLinks {
  readonly before?: string;
  readonly after?: string;
  /** Folder of the program within the repository; lines are relative to it. @default the repository's own */
  readonly folder?: string;
}

/** Whether it can stand in a link of Markdown: an address of the web without user, query and fragment. */
export function isFileAddress(text: string): boolean {
  return /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?(\/[A-Za-z0-9._~%+@-]+)+\/?$/.test(text) && !/\/\.\.?(\/|$)/.test(text);
}

/**
 * A place, as a link to its line where it is one of a file of the repository. A name is whatever somebody wrote: one that leads out of the
 * repository, or to no line, is not a link.
 */
export function placeMarkdown(place: Provenance, root: string | undefined, folder = ""): string {
  const text = markdownCode(placeName(place));
  const path = root === undefined ? undefined : lineAddress(place.source, folder);
  return path === undefined ? text : `[${text}](${root?.replace(/\/$/, "")}/${path})`;
}

function lineAddress(source: string | undefined, folder: string): string | undefined {
  const [, file, line] = /^([^\p{C}\\]{1,500}):(\d{1,7})$/u.exec(source ?? "") ?? [];
  if (file === undefined || file.startsWith("/")) return undefined;
  const parts: string[] = [];
  for (const part of [...folder.split("/"), ...file.split("/")]) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  if (parts.length === 0) return undefined;
  const encoded = parts.map((part) =>
    // A parenthesis would end the address, or begin one within it.
    encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  );
  return `${encoded.join("/")}#L${line}`;
}
