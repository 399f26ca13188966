import { ISynthesisSession, TerraformStack } from "cdktf";
import type { Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GUARD_CHART, guardObjects, GuardSettings } from "../../access/model/injection-guard";
import { whenSynthesized } from "../private/cdktf/internals";
import { mark } from "../private/guards";
import { setting } from "../private/origin";
import { literal } from "../private/terraform";
import { madeIn } from "../private/options";
import { large } from "../private/large-classes";

/** The chart's files. What it installs is in the release's values, so that a plan shows every change. */
const FILES = {
  "Chart.yaml": [
    "apiVersion: v2",
    "name: leasehold-injection-guard",
    "description: Refuses pods that ask for Vault's agent and came out without one",
    "type: application",
    "version: 1.0.0",
    'kubeVersion: ">=1.30.0-0"',
    "",
  ].join("\n"),
  "templates/objects.yaml": "{{- range .Values.objects }}\n---\n{{ toYaml . }}\n{{- end }}\n",
};

/**
 * The policy that refuses pods which ask for an agent and have none. It is a Helm release of a chart that is written
 * beside the stack.
 *
 * The kubernetes provider has no resource for a binding of such a policy. Its `kubernetes_manifest` needs the cluster
 * for a plan, and the stack that makes Vault must be planned without one.
 */
export class InjectionGuard extends Construct {
  /** The L1. */
  readonly resource: Release;

  constructor(scope: Construct, id: string, settings: GuardSettings, after: Release) {
    super(madeIn(scope, id, new.target), id);
    mark(this, "InjectionGuard");
    const release = new large.Release(this, "Resource", {
      name: literal(`${settings.release}-guard`),
      namespace: literal(settings.namespace),
      chart: GUARD_CHART,
      values: [literal(JSON.stringify({ objects: guardObjects(settings) }, undefined, 2))],
      dependsOn: [after],
    });
    this.resource = setting(release);
    whenSynthesized(this, (session) => this.writeChart(session));
  }

  private writeChart({ outdir, manifest }: ISynthesisSession): void {
    const folder = join(outdir, manifest.forStack(TerraformStack.of(this)).workingDirectory, GUARD_CHART);
    mkdirSync(join(folder, "templates"), { recursive: true });
    for (const [file, text] of Object.entries(FILES)) writeFileSync(join(folder, file), text);
  }
}
