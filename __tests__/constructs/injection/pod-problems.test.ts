import { Token } from "cdktf";
import type { Container } from "../../../constructs";
import { PodParts, podProblems } from "../../../constructs/injection/pod-problems";

const container = (more: Partial<Container> = {}): Container => ({ name: "app", image: "app:1", ...more });
const problems = (parts: Partial<PodParts>): string[] =>
  podProblems({
    ...{ containers: [container()], volumes: [], claims: [], open: false, secretsFolder: "/vault/secrets" },
    ...parts,
  }).map(({ message }) => message);
const ofOne = (more: Partial<Container>): string[] => problems({ containers: [container(more)] });

test.each<[string, string[], string]>([
  [
    "two containers of one name",
    problems({ containers: [container(), container()] }),
    'container "app" is there more than once',
  ],
  ["a container's name", ofOne({ name: "My App" }), 'container "My App" is not a lower-case DNS label'],
  ["no image", ofOne({ image: "" }), 'image "" of the container "app" is empty'],
  ["an image with a line end", ofOne({ image: "app:1\n" }), "it holds space"],
  ["a variable's name", ofOne({ env: [{ name: "MY VAR=", value: "1" }] }), 'variable "MY VAR=" of the container "app"'],
  ["a port", ofOne({ ports: [{ containerPort: 0 }] }), 'port 0 of the container "app" is not a number from 1 to 65535'],
  ["a port's name", ofOne({ ports: [{ containerPort: 1, name: "Web_Port" }] }), 'port name "Web_Port"'],
  [
    "two ports of one name",
    ofOne({ ports: [80, 81].map((containerPort) => ({ containerPort, name: "web" })) }),
    'port of the container "app" "web" is there more than once',
  ],
  ["a probe's port", ofOne({ readinessProbe: { tcpSocket: { port: 70000 } } }), "port 70000"],
  [
    "a probe's named port",
    ofOne({ livenessProbe: { httpGet: { port: "web" } } }),
    'asks the port "web", and no port of this container has that name',
  ],
  ["a probe that asks nothing", ofOne({ startupProbe: {} }), "has nothing that it asks"],
  [
    "a mount of no volume",
    ofOne({ volumeMounts: [{ name: "data", mountPath: "/d" }] }),
    'names a volume that the pod does not have: "data"',
  ],
  ["a path that is not absolute", ofOne({ volumeMounts: [{ name: "data", mountPath: "d" }] }), 'mount path "d"'],
  [
    "the agent's folder",
    ofOne({ volumeMounts: [{ name: "data", mountPath: "/vault/secrets/" }] }),
    "hides what the agent writes",
  ],
  [
    "an amount",
    ofOne({ resources: { limits: { memory: "256MB" } } }),
    'limits of the container "app" ask "256MB" of memory',
  ],
  [
    "more than the limit",
    ofOne({ resources: { requests: { memory: "1Gi", cpu: "0.5" }, limits: { memory: "512Mi", cpu: "400m" } } }),
    'memory of the container "app" is requested as "1Gi", above its limit "512Mi"',
  ],
  [
    "two volumes of one name",
    problems({ volumes: [{ name: "d", emptyDir: {} }], claims: ["d"] }),
    'volume "d" is there more than once',
  ],
  [
    "a volume that is two things",
    problems({ volumes: [{ name: "d", emptyDir: {}, hostPath: { path: "/" } }] }),
    'volume "d" is emptyDir and hostPath',
  ],
])("Kubernetes would refuse %s", (_, found, message) => {
  expect(found.join("\n")).toContain(message);
});

test("the agent's folder is where the pod says", () => {
  const mounting = (mountPath: string): string[] =>
    problems({
      containers: [container({ volumeMounts: [{ name: "d", mountPath }] })],
      claims: ["d"],
      secretsFolder: "/run/secrets/",
    });
  expect(mounting("/vault/secrets")).toEqual([]);
  expect(mounting("/run/secrets").join()).toContain("hides what the agent writes");
});

test("two mounts at one path are one too many, with a slash behind or without", () => {
  const volumeMounts = ["/d", "/d/"].map((mountPath) => ({ name: "d", mountPath }));
  expect(problems({ containers: [container({ volumeMounts })], claims: ["d"] })).toEqual([
    'mount of the container "app" at "/d" is there more than once',
  ]);
});

test("what Kubernetes takes is no problem, nor what is known only when Terraform runs", () => {
  const token = Token.asString({ resolve: () => "x" });
  const whole = container({
    image: `registry:5000/app@sha256:${"0".repeat(64)}`,
    env: [{ name: "A.b-C_1" }, { name: token }],
    ports: [{ containerPort: 8080, name: "http-8080" }],
    readinessProbe: { httpGet: { port: "http-8080" } },
    livenessProbe: { tcpSocket: { port: "8080" } },
    startupProbe: { exec: { command: ["true"] } },
    volumeMounts: [
      { name: "data", mountPath: "/data" },
      { name: "claimed", mountPath: "/data/claimed" },
      { name: token, mountPath: "/token" },
      { name: "vault-token", mountPath: "/t" },
    ],
    resources: {
      requests: { cpu: "100m", memory: "1e3", "x.io/y": "1" },
      limits: { cpu: "1", memory: token, "x.io/y": "1" },
    },
  });
  const volumes = [
    { name: "data", emptyDir: {} },
    { name: "own", raw: { csi: {} } },
  ];
  expect(problems({ containers: [whole, container({ name: token })], volumes, claims: ["claimed"] })).toEqual([]);
  // A volume may be in what no version of Leasehold checks.
  const open = container({ volumeMounts: [{ name: "raw", mountPath: "/raw" }] });
  expect(problems({ containers: [open], open: true })).toEqual([]);
});

test.each<[string, string[]]>([
  ["an image", ofOne({ image: "${var.image}" })],
  ["a Secret", problems({ volumes: [{ name: "v", secret: { secretName: "${var.name}" } }] })],
  ["a ConfigMap", problems({ volumes: [{ name: "v", configMap: { name: "app-${var.name}" } }] })],
  ["a claim", problems({ volumes: [{ name: "v", persistentVolumeClaim: { claimName: "${var.name}" } }] })],
  ["a size", problems({ volumes: [{ name: "v", emptyDir: { sizeLimit: "${var.size}" } }] })],
])("%s that an expression of Terraform names is known later", (_what, found) => {
  expect(found).toEqual([]);
});

test("an image that only looks like an expression, or holds what Terraform would change, is refused", () => {
  expect(ofOne({ image: "$${var.image}" }).join()).toContain("is not the name of an image");
  expect(ofOne({ image: "${var.image}:e\u0301" }).join()).toContain("normal form C");
});
