import { ExternalPod, formatExternalPods, parseExternalPods } from "../../access/model/external-pod";

const POD: ExternalPod = {
  path: "workloads/web",
  kind: "StatefulSet",
  cluster: "eu",
  namespace: "shop",
  name: "web",
  serviceAccountName: "web",
  makesServiceAccount: true,
  annotations: { "vault.hashicorp.com/agent-inject": "true" },
  terminationGracePeriodSeconds: 30,
  volumes: [{ name: "vault-token" }],
  volumeMounts: [],
};

test("what is written is read back", () => {
  expect(parseExternalPods(formatExternalPods([POD]))).toEqual([POD]);
  const { terminationGracePeriodSeconds: _, ...least } = POD;
  expect(parseExternalPods(formatExternalPods([least]))).toEqual([least]);
});

test.each<[string, unknown]>([
  ["a field `kind`", { ...POD, kind: "Pod" }],
  ["`annotations`", { ...POD, annotations: { a: 1 } }],
  ["`annotations`", { ...POD, annotations: ["a"] }],
  ["`volumes`", { ...POD, volumes: "all" }],
  ["`makesServiceAccount`", { ...POD, makesServiceAccount: "no" }],
  ["`terminationGracePeriodSeconds`", { ...POD, terminationGracePeriodSeconds: -1 }],
  ["`serviceAccountName`", { ...POD, serviceAccountName: undefined }],
  ['a field "command"', { ...POD, command: ["sh"] }],
  ["no fields", "web"],
])("a workload with a wrong %s is refused by name", (what, pod) => {
  const text = JSON.stringify({ version: 1, workloads: [POD, pod] });
  expect(() => parseExternalPods(text)).toThrow("its workload 2 has");
  expect(() => parseExternalPods(text)).toThrow(what.replace("a field `", "`"));
});
