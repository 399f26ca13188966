#!/usr/bin/env node
import { namingEngine } from "./command/engine";
import { processIo } from "./command/io";
import { run } from "./run";

// `leasehold access | head` closes the pipe early: that is not a failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

void run(process.argv.slice(2), namingEngine(processIo(), ".")).then((code) => {
  // Not process.exit: what was written to a pipe may not have arrived yet.
  process.exitCode = code;
});
