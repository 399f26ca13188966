import { App } from "cdktf";
import { AccessFindingsError } from "./constructs";
import { chooseEnvironment } from "./examples/shop/environments";
import { shop } from "./examples/shop/shop";

const app = new App();
shop(app, chooseEnvironment());
try {
  app.synth();
} catch (error) {
  // The findings say where and what to do: a stack trace through cdktf would only hide them.
  if (!(error instanceof AccessFindingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
