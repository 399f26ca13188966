// How the folders may lean on each other: data flows one way, and no two folders need each other. `npm run lint` runs it.
const only = (folder, ...allowed) => ({
  name: `${folder.replace(/\W/g, "-")}-only`,
  comment: `${folder} imports nothing of ours but ${[folder, ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^${folder}/` },
  // Node.js has modules with a slash in their names, too.
  to: {
    dependencyTypesNot: ["core"],
    path: "^[a-z]+/",
    pathNot: [folder, ...allowed, "node_modules"].map((room) => `^${room}/`),
  },
});

export default {
  forbidden: [
    {
      name: "no-circle-of-files",
      comment: "Two files that need each other are one file, or share a third.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-circle-of-folders",
      comment: "Two folders that need each other are one room, or share a third.",
      severity: "error",
      scope: "folder",
      from: {},
      to: { circular: true },
    },
    only("access"),
    only("render", "access"),
    only("constructs", "access", "render"),
    only("stacks", "access", "constructs"),
    only("assertions", "access", "constructs"),
    only("bench", "access", "constructs"),
    only("audit", "access", "render", "constructs", "bench"),
    only("forge", "access"),
    only("cli", "access", "render", "constructs", "audit", "bench", "forge"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(node_modules|dist|__tests__|cdktf\\.out)/" },
    tsPreCompilationDeps: true,
  },
};
