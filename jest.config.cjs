const { serverTests, unitTests } = require("./tools/unit-tests.cjs");

/** Tests run through swc (seconds, not half minutes); types have their own gate, `npm run types`. */
const common = {
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  moduleNameMapper: {
    // Examples import the library as its users do.
    "^leasehold$": "<rootDir>/constructs",
    "^leasehold/(stacks|assertions)$": "<rootDir>/$1",
    // The same tests on the maintained fork: what npm does for a user who gives `cdktf` that name (docs/engines.md).
    ...(process.env.LEASEHOLD_ENGINE === "cdktn" ? { "^cdktf$": "cdktn" } : {}),
  },
  // The examples are projects of their own, scaffolded under one name.
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/cdktf.out/", "<rootDir>/examples/[^/]+/package\\.json"],
  setupFilesAfterEnv: ["<rootDir>/__tests__/support/quick-stacks.ts"],
};

/** Those that need no server share what they test: it is loaded once a worker. */
const unit = {
  ...common,
  testMatch: unitTests(),
  runtime: "<rootDir>/tools/jest/runtime.cjs",
  testEnvironment: "<rootDir>/tools/jest/environment.cjs",
};

module.exports = {
  projects: [unit, { ...common, testMatch: serverTests(), testEnvironment: "node" }],
  // Most of the time a test waits for a server: jest's default would leave one of two cores idle. More than 100% is read as a number.
  maxWorkers: "100%",
  // jest takes no limit from a project.
  testTimeout: 60000,
};
