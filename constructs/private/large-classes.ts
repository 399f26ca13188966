/* eslint-disable @typescript-eslint/no-require-imports -- each is loaded when it is asked for, and not with the library */
import type { Release } from "@cdktf/provider-helm/lib/release";
import type { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import type { DaemonSetV1 } from "@cdktf/provider-kubernetes/lib/daemon-set-v1";
import type { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import type { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import type { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import type { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import type { StatefulSetV1 } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";
import type { JwtAuthBackend } from "@cdktf/provider-vault/lib/jwt-auth-backend";
import type { JwtAuthBackendRole } from "@cdktf/provider-vault/lib/jwt-auth-backend-role";

/**
 * The large classes of the providers that not every program uses: each is loaded when its first resource is made. Those of pods are 5 MB of
 * JavaScript each, which takes longer to load than a program to run; the others are 1.1 MB together. Each name of a module is written out,
 * because a bundler finds no other.
 */
export const large = {
  get DeploymentV1(): typeof DeploymentV1 {
    return require("@cdktf/provider-kubernetes/lib/deployment-v1").DeploymentV1;
  },
  get StatefulSetV1(): typeof StatefulSetV1 {
    return require("@cdktf/provider-kubernetes/lib/stateful-set-v1").StatefulSetV1;
  },
  get DaemonSetV1(): typeof DaemonSetV1 {
    return require("@cdktf/provider-kubernetes/lib/daemon-set-v1").DaemonSetV1;
  },
  get JobV1(): typeof JobV1 {
    return require("@cdktf/provider-kubernetes/lib/job-v1").JobV1;
  },
  get CronJobV1(): typeof CronJobV1 {
    return require("@cdktf/provider-kubernetes/lib/cron-job-v1").CronJobV1;
  },
  get NetworkPolicyV1(): typeof NetworkPolicyV1 {
    return require("@cdktf/provider-kubernetes/lib/network-policy-v1").NetworkPolicyV1;
  },
  get ServiceV1(): typeof ServiceV1 {
    return require("@cdktf/provider-kubernetes/lib/service-v1").ServiceV1;
  },
  get Release(): typeof Release {
    return require("@cdktf/provider-helm/lib/release").Release;
  },
  get JwtAuthBackend(): typeof JwtAuthBackend {
    return require("@cdktf/provider-vault/lib/jwt-auth-backend").JwtAuthBackend;
  },
  get JwtAuthBackendRole(): typeof JwtAuthBackendRole {
    return require("@cdktf/provider-vault/lib/jwt-auth-backend-role").JwtAuthBackendRole;
  },
};
