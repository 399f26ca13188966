import { parseReport } from "../../../access/report/parse-report";
import { Block } from "../../support/program";
import { Asked } from "../program";
import { namesOf } from "./asked-names";
import { differs, differsAsSet } from "./terraform";

/** `access.json` says who was asked to touch what, in the very names, and can be read again. */
export function judgeReport(report: Block, asked: Asked): string[] {
  const { graph } = parseReport(JSON.stringify(report));
  const names = namesOf(asked);
  const [edge] = graph.edges;
  const text = (field: Parameters<Asked["text"]>[0]): string => asked.text(field);
  const [schema, otherTable] = [text("schema"), text("otherTable")];
  return [
    ...differs("edges", graph.edges.length, 1),
    ...differs(
      "the edge",
      [edge.identity, edge.mountPath, edge.groupRole, edge.databaseRole, edge.policy],
      [
        `${names.key.cluster}/${names.key.namespace}/${names.key.serviceAccount}`,
        names.mount,
        names.group,
        names.databaseRole,
        names.policy,
      ],
    ),
    ...differsAsSet(
      "an identity",
      graph.identities.map(({ key, authPath, authRole, audience, policies }) => ({
        key,
        authPath,
        authRole,
        audience,
        policies,
      })),
      [
        {
          key: names.key,
          authPath: text("authPath"),
          authRole: names.authRole,
          audience: text("audience"),
          policies: [text("policyName"), text("givenPolicy"), ...names.foreignPolicies].sort(),
        },
        ...(asked.shape.server
          ? [
              {
                key: { ...names.key, serviceAccount: "own" },
                authPath: text("authPath"),
                authRole: `${names.key.namespace}.own`,
                audience: text("audience"),
                policies: ["leasehold-postgres-own"],
              },
            ]
          : []),
      ],
    ),
    ...differsAsSet(
      "a database",
      graph.databases.filter(({ external }) => !external).map((one) => [one.instance, one.database, one.owner]),
      [[text("instance"), names.database, names.owner]],
    ),
    ...differsAsSet(
      "a grant of the report",
      edge.grants.map(({ privilege, object: { kind, schema: of, name, column } }) => [
        privilege,
        kind,
        of,
        name,
        column,
      ]),
      [
        ["CONNECT", "database", undefined, undefined, undefined],
        ["USAGE", "schema", schema, undefined, undefined],
        ["USAGE", "schema", text("allOf"), undefined, undefined],
        ["SELECT", "table", schema, text("table"), undefined],
        ["UPDATE", "column", schema, otherTable, text("column")],
        ["UPDATE", "column", schema, otherTable, text("otherColumn")],
        ["USAGE", "sequence", schema, text("sequence"), undefined],
        ["EXECUTE", "function", schema, text("function"), undefined],
        ["INSERT", "table", text("allOf"), undefined, undefined],
      ],
    ),
    ...differs(
      "the delivery",
      graph.deliveries.map(({ identity, mountPath }) => [identity, mountPath]),
      [[edge.identity, names.delivered]],
    ),
  ];
}
