// All test files of a worker run in one realm: modules that are loaded once (runtime.cjs) and the tests have the same `Error` and `Array` then.
const { TestEnvironment } = require("jest-environment-node");
const { AsyncLocalStorage } = require("node:async_hooks");
const vm = require("node:vm");

// jest compiles each module for the context of its environment, and has no name for the context in which it runs itself.
const contexts = new WeakSet();
const { compileFunction } = vm;
vm.compileFunction = (code, parameters, options) =>
  compileFunction(
    code,
    parameters,
    contexts.has(options?.parsingContext) ? { ...options, parsingContext: undefined } : options,
  );

// jest-circus makes a storage for each file and leaves it on: with each file, every promise costs more.
const storages = new Set();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...given) {
  storages.add(this);
  return run.apply(this, given);
};

class OneRealm extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global = globalThis;
    contexts.add(this.context);
    this.before = { env: process.env, variables: { ...process.env }, folder: process.cwd(), exit: process.exit };
  }

  /** The context stays: modules that the next file uses were compiled with it. What a file leaves behind in the process does not. */
  async teardown() {
    const { env, variables, folder, exit } = this.before;
    for (const name of Object.keys(env)) if (!(name in variables)) delete env[name];
    process.env = Object.assign(env, variables);
    process.exit = exit;
    process.chdir(folder);
    for (const storage of storages) storage.disable();
    storages.clear();
    // cdktf keeps every token there that was ever made, and with it every program of every test.
    const { stringTokenMap, numberTokenMap } = globalThis.__cdktfTokenMap ?? {};
    stringTokenMap?.clear();
    numberTokenMap?.clear();
  }
}

module.exports = OneRealm;
