const { default: Sequencer } = require("@jest/test-sequencer");
const { unitTests } = require("../unit-tests.cjs");

/** Tests with servers come first: they take longest. The short ones then keep every worker busy to the end. */
class ServersFirst extends Sequencer {
  sort(tests) {
    const short = new Set(unitTests());
    const sorted = super.sort(tests);
    return [...sorted.filter(({ path }) => !short.has(path)), ...sorted.filter(({ path }) => short.has(path))];
  }
}

module.exports = ServersFirst;
