/** Applying a synthesized program without Terraform: see engine.ts. */
export * from "./contracts";
export { Rehearsal } from "./engine";
export { LoadOptions, Program, Stack, loadProgram, parseStack, programOf } from "./program";
export { RehearsalState, ResourceState, emptyState } from "./state";
export { Json, JsonObject, RehearsalError } from "./values";
export { EndpointMapping, mapEndpoints } from "./viewpoints";
