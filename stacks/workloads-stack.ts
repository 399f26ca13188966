import { Construct } from "constructs";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/** Stage 6: ServiceAccounts and annotated workloads. */
export class WorkloadsStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useKubernetes();
  }
}
