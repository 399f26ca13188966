// The parser is made of ES modules, which jest does not load into its CommonJS: a thread of plain Node does.
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { parentPort } from "node:worker_threads";

const plain = ({ type, value, url, lang, depth, children }) => ({
  type,
  value,
  url,
  lang,
  depth,
  children: children?.map(plain),
});

parentPort.on("message", ({ id, text }) => {
  const tree = fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  parentPort.postMessage({ id, tree: plain(tree) });
});
