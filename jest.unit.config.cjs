const { unitTests } = require("./tools/unit-tests.cjs");

/** npm run test:unit: the tests that need no server and no build, found by what they import (tools/unit-tests.cjs). */
module.exports = {
  ...require("./jest.config.cjs"),
  testMatch: unitTests(),
  maxWorkers: "100%",
  // Should one start something all the same, by a way that its imports do not show, it fails and says so.
  setupFiles: ["<rootDir>/__tests__/support/nothing-started.ts"],
};
