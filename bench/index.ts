/** The bench: real servers on this machine, on which a program is rehearsed and its promises are tried. */
export { Bench, startBench } from "./bench";
export { BenchOptions, BenchPostgres } from "./bench-options";
export { connect, ParsedCredential, parseCredential, Route } from "./players/credential-file";
export { Scope } from "./machine/lifecycle";
export { Controllers } from "./controllers";
export { Pod } from "./players/pod";
export { Claim, EndTimes, endPod, logIn, Outcome, Statement, tryDatabase, tryStatement } from "./promises";
export { ActOptions, Actor, Rehearsed, rehearse } from "./rehearsed";
export * from "./rehearse";
export { KubernetesServer, startKubernetes } from "./servers/kubernetes";
export { PostgresServer, PostgresServerOptions, startPostgres } from "./servers/postgres";
export { startVault, VaultServer } from "./servers/vault";
export { TerraformProgram, TerraformResult } from "./terraform";
export { buildAllTools, findTool } from "./machine/tools";
