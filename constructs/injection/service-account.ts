import { TerraformStack } from "cdktf";
import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";
import { identityId } from "../../access/model/names";
import type { IWorkloadIdentity } from "../contracts/identity";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { explained, setting } from "../private/origin";
import { untraced } from "../private/source-line";
import { dependOn, idOf } from "../private/terraform";

/** The ServiceAccount of an identity in this stack: one, however many workloads run as it. */
export function serviceAccountOf(scope: Construct, identity: IWorkloadIdentity): ServiceAccountV1 {
  const stack = TerraformStack.of(scope);
  const folder =
    (stack.node.tryFindChild("ServiceAccounts") as Construct | undefined) ?? new Construct(stack, "ServiceAccounts");
  const { namespace, serviceAccount } = identity.key;
  const id = idOf(namespace, serviceAccount);
  const existing = folder.node.tryFindChild(id) as ServiceAccountV1 | undefined;
  if (existing) return existing;
  const made = explained(
    untraced(
      () =>
        new ServiceAccountV1(folder, id, {
          metadata: { name: serviceAccount, namespace },
          automountServiceAccountToken: false,
        }),
    ),
  );
  if (serviceAccount === "default")
    report(scope, {
      code: "identity-name",
      message: `ServiceAccount "default" is in every namespace: the apply would end with \`already exists\``,
      fix: 'give the identity a `serviceAccountName` of its own, or the workload `serviceAccount: "existing"`',
    });
  claimName(made, "ServiceAccount", identityId(identity.key));
  if (identity.cluster.clientReviewsItself) delegate(folder, identity, made);
  return made;
}

/** Lets the ServiceAccount ask its API server whether a token is valid: a Vault outside of the cluster asks with the pod's own token. */
function delegate(folder: Construct, { key }: IWorkloadIdentity, account: ServiceAccountV1): void {
  const { namespace, serviceAccount } = key;
  const binding = setting(
    untraced(
      () =>
        new ClusterRoleBindingV1(folder, `${idOf(namespace, serviceAccount)} delegator`, {
          metadata: { name: `leasehold:auth-delegator:${namespace}:${serviceAccount}` },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
          subject: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
        }),
    ),
  );
  dependOn(binding, account);
}
