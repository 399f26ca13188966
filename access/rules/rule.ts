import { Finding } from "../findings/finding";
import type { Provenance } from "../model/graph";
import type { Program } from "./program";

/** A violation: where, and with which value. */
export interface Violation {
  readonly at: Provenance;
  /** What is wrong, with the value. */
  readonly what: string;
}

/** What `leasehold check` looks for: one rule, one file. It reads plain data and changes nothing. */
export interface Rule {
  /** Stable: acknowledgements and reports name it. */
  readonly id: string;
  readonly severity: Finding["severity"];
  /** One line: what the rule demands. */
  readonly title: string;
  /** What comes of it otherwise. */
  readonly why: string;
  /** How to put it right. */
  readonly fix: string;
  /** Where others say the same, with the number or the heading. */
  readonly references: readonly string[];
  /** The rule is for programs that are held to production: a sandbox may do without. */
  readonly productionOnly?: true;
  readonly check: (program: Program) => readonly Violation[];
}

/** Center for Internet Security, CIS Kubernetes Benchmark. */
export const cisKubernetes = (section: string): string => `CIS Kubernetes Benchmark 1.8: ${section}`;
/** CIS PostgreSQL Benchmark, by topic: numbers differ from one major version of PostgreSQL to the next. */
export const cisPostgres = (topic: string): string => `CIS PostgreSQL Benchmark: ${topic}`;
/** NSA and CISA, Kubernetes Hardening Guide. */
export const nsa = (heading: string): string => `NSA/CISA Kubernetes Hardening Guide 1.2: ${heading}`;
/** HashiCorp, Vault production hardening. */
export const hardening = (heading: string): string => `Vault production hardening: ${heading}`;
/** Kubernetes, Pod Security Standards. */
export const podSecurity = (level: "Baseline" | "Restricted", control: string): string =>
  `Pod Security Standards, ${level}: ${control}`;
