const { availableParallelism } = require("node:os");

module.exports = {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  // Tests run through swc (seconds, not half minutes); types have their own gate, `npm run types`.
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
  // What is tested is loaded once a worker.
  runtime: "<rootDir>/tools/jest/runtime.cjs",
  testEnvironment: "<rootDir>/tools/jest/environment.cjs",
  testSequencer: "<rootDir>/tools/jest/sequencer.cjs",
  // Tests with servers wait for them much of their time: with as many workers as cores, a fifth of the cores' time was idle.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testTimeout: 60000,
};
