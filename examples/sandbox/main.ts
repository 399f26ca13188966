import { App } from "cdktf";
import { AccessFindingsError } from "leasehold";
import { environment } from "./environment";
import { program } from "./program";

const app = new App();
program(app, environment);
try {
  app.synth();
} catch (error) {
  // The findings say what is wrong and where: a stack trace would only hide them.
  if (!(error instanceof AccessFindingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
