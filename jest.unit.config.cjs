/** npm run test:unit: the tests that need no server and no build, found by what they import (tools/unit-tests.cjs). */
const all = require("./jest.config");
const { unitTests } = require("./tools/unit-tests.cjs");

module.exports = {
  ...all,
  testMatch: unitTests(),
  // Should one start something all the same, by a way that its imports do not show, it fails and says so.
  setupFiles: [...all.setupFiles, "<rootDir>/__tests__/support/nothing-started.ts"],
};
