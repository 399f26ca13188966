import { App } from "cdktf";
import { chooseEnvironment } from "./environments";
import { shop } from "./examples/shop/shop";

const app = new App();
shop(app, chooseEnvironment());
app.synth();
