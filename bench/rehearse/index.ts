/** Applying a synthesized program without Terraform: see engine.ts. */
export * from "./model/contracts";
export { Rehearsal } from "./engine";
export { LoadOptions, Program, Stack, loadProgram, parseStack, programOf } from "./program";
export { RehearsalState, ResourceState, emptyState } from "./model/state";
export { Json, JsonObject, RehearsalError } from "./model/values";
export { EndpointMapping, mapEndpoints } from "./viewpoints";
