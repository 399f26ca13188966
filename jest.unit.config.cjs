/** npm run test:unit: the tests that need no server and no build, found by what they import (tools/unit-tests.cjs). */
const { projects, ...common } = require("./jest.config.cjs");

module.exports = {
  ...common,
  ...projects[0],
  // Should one start something all the same, by a way that its imports do not show, it fails and says so.
  setupFiles: ["<rootDir>/__tests__/support/nothing-started.ts"],
};
