// The pages of docs/ as a site with search: `npm run site` writes it into site/, and needs no network. The Markdown stays where it is.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { sidebar } from "../pages.mjs";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { description, homepage } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const forge = `${homepage.replace(/#.*/, "")}/blob/main/`;

/** A file of the repository that is no page is read on the forge; README is the first page. */
function address(href, page) {
  const [, path, anchor] = /^([^#]*)(.*)$/.exec(href);
  if (path === "" || /^[a-z]+:/.test(path)) return href;
  const file = join(dirname(page), path);
  if (file === "README.md") return `${relative(dirname(page), "index.md")}${anchor}`;
  return file.endsWith(".md") || !existsSync(join(root, file)) ? href : `${forge}${file}${anchor}`;
}

export default defineConfig({
  title: "Leasehold",
  description,
  lang: "en",
  srcDir: "../..",
  srcExclude: ["!(docs)/**/*.md"],
  outDir: "../../site",
  cacheDir: "../../node_modules/.cache/vitepress",
  // Under a path, as the pages of a forge are: LEASEHOLD_SITE_BASE=/leasehold/
  base: process.env.LEASEHOLD_SITE_BASE ?? "/",
  rewrites: { "README.md": "index.md" },
  themeConfig: {
    sidebar,
    outline: [2, 3],
    search: {
      provider: "local",
      // Every word counts, and is one that somebody wrote: by default each page that has an "a" is found.
      options: {
        miniSearch: { searchOptions: { combineWith: "AND", fuzzy: 0.1, boost: { title: 4, text: 2, titles: 1 } } },
      },
    },
    socialLinks: [{ icon: "github", link: homepage.replace(/#.*/, "") }],
  },
  markdown: {
    config(md) {
      // Two braces are Vue's; in our pages they are those of Vault's agent and of workflows.
      for (const rule of ["text", "code_inline"]) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
      }
      const open = md.renderer.rules.link_open;
      md.renderer.rules.link_open = (tokens, at, options, env, self) => {
        const href = tokens[at].attrGet("href");
        tokens[at].attrSet("href", address(href, relative(root, env.path)));
        return open(tokens, at, options, env, self);
      };
    },
  },
});
