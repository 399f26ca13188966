import { App } from "cdktf";
import { clusters } from "./clusters";

const app = new App();
clusters(app);
app.synth();
