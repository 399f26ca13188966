/* eslint-disable @typescript-eslint/no-require-imports -- each is loaded when it is asked for, and not with the library */
import type { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import type { DaemonSetV1 } from "@cdktf/provider-kubernetes/lib/daemon-set-v1";
import type { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import type { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import type { StatefulSetV1 } from "@cdktf/provider-kubernetes/lib/stateful-set-v1";

/**
 * The provider's classes of what runs pods. Each is 5 MB of JavaScript, which takes longer to load than the program to run: a class is
 * loaded when the first of its kind is made.
 */
export const podKinds = {
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
};
