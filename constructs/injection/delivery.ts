import { Aspects, TerraformResource } from "cdktf";
import { Construct, IConstruct } from "constructs";
import { DeliveryNode, WorkloadNode } from "../../access/model/graph";
import { identityId, policyName } from "../../access/model/names";
import { mountPathProblem } from "../../access/model/rules";
import { GrantedHere, IDatabaseAccess, isGrantedHere } from "../contracts/database";
import type { IWorkloadIdentity } from "../contracts/identity";
import type { IVaultPolicy } from "../contracts/vault";
import { required } from "../private/arguments";
import { report } from "../private/findings";
import { mark } from "../private/guards";
import { notePods } from "../private/noted-pods";
import { userLine } from "../private/source-line";
import { deployAfter, stackOf } from "../private/stack-order";
import { address, dependOn } from "../private/terraform";
import { VaultPolicy } from "../vault/vault-policy";
import type { Credential } from "./credential";
import type { CredentialedPodProps, PodShape } from "./pod-props";

const CREDENTIAL_FIX =
  "write Credential.uri(access), with the DatabaseAccess, made here or by DatabaseAccess.fromMount(scope, id, { … })";

/** Reports what is wrong with the credentials of a pod, and declares the order of the stacks and what its workload waits for. */
export function deliver(scope: Construct, credentials: readonly Credential[], identity: IWorkloadIdentity): void {
  for (const credential of credentials) {
    const database = required(
      scope,
      "the database of a credential",
      credential.database,
      ({ credentialsPath }) => credentialsPath !== undefined,
      "DatabaseAccess",
      CREDENTIAL_FIX,
    );
    const external = !isGrantedHere(database);
    // Whatever names the server reports by itself what is wrong with its address.
    for (const problem of credential.problems) if (problem.code !== "credential-endpoint") report(scope, problem);
    if (external) {
      identity.limitToken(database.leaseMaxTtl);
      if (!mountPathProblem(database.mountPath)) identity.addPolicy(policyOf(scope, database, identity));
    }
    deployAfter(scope, database);
    if (stackOf(database) === stackOf(scope) && !external) waitForEdge(scope, database, identity);
  }
  deployAfter(scope, identity);
}

/** Notes the workload and its deliveries for the access graph. @param grace seconds that Kubernetes gives the pod to end */
export function noteWorkload(
  scope: Construct,
  { identity, credentials = [] }: Pick<CredentialedPodProps, "identity" | "credentials">,
  shape: PodShape,
  grace: number | undefined,
): void {
  const source = userLine();
  const deliveries = credentials.map((credential): DeliveryNode => ({
    path: scope.node.path,
    source,
    workload: scope.node.path,
    identity: identityId(identity.key),
    mountPath: credential.database.mountPath,
    file: credential.file,
    pool: credential._pool,
  }));
  // Its pods may log in as the identity whether they ask for a credential or not.
  const workload = (): WorkloadNode => ({
    path: scope.node.path,
    source,
    kind: shape.kind,
    namespace: identity.key.namespace,
    name: shape.graphName ?? shape.name,
    identity: identityId(identity.key),
    pods: shape.pods,
    surge: shape.pods === undefined || !shape.surge ? undefined : shape.surge,
    drain: shape.drain?.toSeconds(),
    grace,
    rollout: shape.rollout?.toSeconds(),
    starts: shape.starts,
    demands: shape.demands?.(),
    ...shape.runs,
  });
  notePods(scope, { deliveries, workload });
}

/** The policy that the database's own program makes for this identity: both sides compute the same name. */
function policyOf(scope: Construct, database: IDatabaseAccess, identity: IWorkloadIdentity): IVaultPolicy {
  const name = policyName(identity.key, database.mountPath);
  const id = `Policy ${name}`;
  // Two files of one database need one policy.
  const made = scope.node.tryFindChild(id) as (IConstruct & IVaultPolicy) | undefined;
  return made ?? VaultPolicy.fromPolicyName(scope, id, name);
}

/**
 * What a workload waits for: its grants, its role and its policy. It is looked up at synthesis, since the program may
 * grant after it made the workload.
 */
function waitForEdge(scope: Construct, database: GrantedHere, identity: IWorkloadIdentity): void {
  const visit = (node: IConstruct): void => {
    if (node !== scope) return;
    const edge = database._edgeOf(identity);
    const workload = scope.node.tryFindChild("Resource") as TerraformResource | undefined;
    if (edge && workload) waitFor(workload, [edge.databaseRole, edge.policy]);
  };
  Aspects.of(scope).add(mark({ visit }, "Aspect"));
}

/** @internal Makes the workload wait for what it needs. */
export function waitFor(workload: TerraformResource, needs: readonly TerraformResource[]): void {
  if (needs.length > 0) dependOn(workload, ...[...needs].sort((a, b) => (address(a) < address(b) ? -1 : 1)));
}
