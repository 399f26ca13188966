import { App } from "cdktf";
import { guest } from "./guest";
import { owner } from "./owner";

// Here one folder holds both programs, to be read side by side: `node main.js owner`, `node main.js guest`.
const app = new App();
if (process.argv[2] === "guest") guest(app);
else owner(app);
app.synth();
