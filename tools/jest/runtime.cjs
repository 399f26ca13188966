// Loads the code under test once for each of jest's workers, and not once for each test file: loading cdktf and the library took a third of
// the time of `npm run test:unit`, and code that has run before is quicker. Test files and what supports them are loaded for each file,
// as usual. What a file does to a module that it imports (jest.spyOn) it has to undo.
const { default: Runtime } = require("jest-runtime");
const { dirname, join, resolve, sep } = require("node:path");

const tests = join(__dirname, "../../__tests__") + sep;

// A process that ends by itself frees its heap first, which takes a worker longer than jest waits for it.
process.once("beforeExit", () => process.exit());

/** Has what is not a test. It is never taken down: its modules serve the next file. */
let library;

class RuntimeOfFile extends Runtime {
  constructor(...given) {
    super(...given);
    library ??= new Runtime(...given);
  }

  requireModule(from, name, options, isRequireActual) {
    const ofTests = name === undefined || (/^[./]/.test(name) && resolve(dirname(from), name).startsWith(tests));
    return ofTests || options !== undefined || this.apart
      ? super.requireModule(from, name, options, isRequireActual)
      : library.requireModule(from, name, undefined, isRequireActual);
  }

  /** Some tests want a copy of a module that nobody else has. */
  isolateModules(load) {
    this.apart = true;
    try {
      super.isolateModules(load);
    } finally {
      this.apart = false;
    }
  }

  /** A stack has lines of both. */
  getSourceMaps() {
    const [own, shared] = [super.getSourceMaps(), library.getSourceMaps()];
    return {
      get: (file) => own.get(file) ?? shared.get(file),
      *[Symbol.iterator]() {
        yield* own;
        yield* shared;
      },
    };
  }
}

module.exports = RuntimeOfFile;
