import { checkedApiServer } from "../constructs/private/addresses";
import { checkedCertificates } from "../constructs/private/certificates";
import { checkedOptions } from "../constructs/private/options";

/**
 * A command that prints a token for the API server: the way of EKS, GKE and AKS. It runs in Terraform's own
 * environment. No variables can be added, because cdktf writes their names in lower case.
 */
export interface ExecAccess {
  /** Address of the API server. */
  readonly host: string;
  /** CA of its certificate, PEM: no secret. */
  readonly caCertificate: string;
  /** Program on the machine that runs Terraform. */
  readonly command: string;
  /** Never a secret: they stand in the JSON. @default - none */
  readonly args?: string[];
}

/** An EKS cluster. */
export interface EksAccess {
  /** Address of the API server: `https://…`. */
  readonly host: string;
  /** CA of the API server, PEM. */
  readonly caCertificate: string;
  /** Name of the cluster in EKS. */
  readonly clusterName: string;
  /** Region of the cluster, such as "eu-central-1". */
  readonly region: string;
}

/** An AKS cluster whose users are those of Entra ID. */
export interface AksAccess {
  /** Address of the API server: `https://…`. */
  readonly host: string;
  /** CA of the API server, PEM. */
  readonly caCertificate: string;
  /**
   * How `kubelogin` gets its token. `azurecli` uses the login of Azure's command line. `workloadidentity` uses a federated token,
   * as in GitHub Actions and pods. `msi` uses the machine's identity. `spn` uses AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.
   *
   * @default "azurecli"
   */
  readonly login?: "azurecli" | "workloadidentity" | "msi" | "spn";
}

/** The application of Entra ID that every AKS cluster's API server is (Microsoft, "kubelogin"): no secret. */
const AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630";

/** An API server whose address and CA are plain. */
export interface ApiServer {
  /** Address of the API server: `https://…`. */
  readonly host: string;
  /** CA of the API server, PEM. */
  readonly caCertificate: string;
}

/** Which kubeconfig. */
export interface KubeconfigOptions {
  /** Path of the file. @default "~/.kube/config" */
  readonly path?: string;
  /** Context of the file. @default - the file's current context */
  readonly context?: string;
}

const HOST = "the host of a ClusterAccess";
const CA = "the caCertificate of a ClusterAccess";

/** How Terraform reaches a Kubernetes cluster. None of the ways puts a token into the JSON or the state. */
export class ClusterAccess {
  /** A kubeconfig file. */
  static kubeconfig(given: KubeconfigOptions = {}): ClusterAccess {
    const options = checkedOptions(undefined, "KubeconfigOptions", given, "ClusterAccess.kubeconfig");
    return new ClusterAccess({ configPath: options.path ?? "~/.kube/config", configContext: options.context });
  }
  /** A command that prints a token, in the format of client.authentication.k8s.io/v1. */
  static exec(given: ExecAccess): ClusterAccess {
    const access = checkedOptions(undefined, "ExecAccess", given, "ClusterAccess.exec");
    const { host, caCertificate, command, args } = access;
    return new ClusterAccess({
      host: checkedApiServer(HOST, host),
      clusterCaCertificate: checkedCertificates(CA, caCertificate),
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command,
        args: args && [...args],
      },
    });
  }
  /** EKS: `aws eks get-token`, with whatever credentials the AWS command finds. */
  static eks(given: EksAccess): ClusterAccess {
    const { clusterName, region, ...server } = checkedOptions(undefined, "EksAccess", given, "ClusterAccess.eks");
    const args = ["eks", "get-token", "--cluster-name", clusterName, "--region", region];
    // The command prints v1beta1 unless it is told otherwise.
    return new ClusterAccess({
      host: checkedApiServer(HOST, server.host),
      clusterCaCertificate: checkedCertificates(CA, server.caCertificate),
      exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "aws", args },
    });
  }
  /** GKE: `gke-gcloud-auth-plugin`, with Google's application default credentials. */
  static gke(given: ApiServer): ClusterAccess {
    const { host, caCertificate } = checkedOptions(undefined, "ApiServer", given, "ClusterAccess.gke");
    return new ClusterAccess({
      host: checkedApiServer(HOST, host),
      clusterCaCertificate: checkedCertificates(CA, caCertificate),
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "gke-gcloud-auth-plugin",
        args: ["--use_application_default_credentials"],
      },
    });
  }
  /** AKS: `kubelogin get-token`, with whatever credentials of Azure the way of login finds. */
  static aks(given: AksAccess): ClusterAccess {
    const {
      host,
      caCertificate,
      login = "azurecli",
    } = checkedOptions(undefined, "AksAccess", given, "ClusterAccess.aks");
    return new ClusterAccess({
      host: checkedApiServer(HOST, host),
      clusterCaCertificate: checkedCertificates(CA, caCertificate),
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "kubelogin",
        args: ["get-token", "--login", login, "--server-id", AKS_SERVER],
      },
    });
  }
  /** An API server that the program names, and the token of KUBE_TOKEN: the providers read that variable themselves. */
  static tokenFromEnvironment(given: ApiServer): ClusterAccess {
    const { host, caCertificate } = checkedOptions(undefined, "ApiServer", given, "ClusterAccess.tokenFromEnvironment");
    return new ClusterAccess({
      host: checkedApiServer(HOST, host),
      clusterCaCertificate: checkedCertificates(CA, caCertificate),
    });
  }
  /**
   * The program says nothing: the providers read KUBE_HOST, KUBE_TOKEN and KUBE_CLUSTER_CA_CERT_DATA. Where these are
   * not set, in a pod, they use the pod's own ServiceAccount.
   */
  static fromEnvironment(): ClusterAccess {
    return new ClusterAccess({});
  }

  private constructor(
    /** @internal Arguments that the providers of Kubernetes and Helm share. */
    readonly _config: {
      readonly configPath?: string;
      readonly configContext?: string;
      readonly host?: string;
      readonly clusterCaCertificate?: string;
      readonly exec?: {
        readonly apiVersion: string;
        readonly command: string;
        readonly args?: string[];
      };
    },
  ) {}
}
