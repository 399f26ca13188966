import { Lazy, TerraformResource } from "cdktf";
import { DefaultPrivileges } from "@cdktf/provider-postgresql/lib/default-privileges";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { Role } from "@cdktf/provider-postgresql/lib/role";
import { Construct } from "constructs";
import { AccessObject, byCodeUnit, GrantNode, objectKey, Provenance } from "../../access/model/graph";
import { Privilege } from "../../access/model/privileges";
import { noteChange } from "../private/changes";
import { explained, withdraw } from "../private/origin";
import { untraced } from "../private/source-line";
import { dependOn, idOf, literal } from "../private/terraform";
import { OrderedGrant } from "./grant-order";

interface Statement {
  readonly object: AccessObject;
  readonly privileges: Map<Privilege, Provenance[]>;
}

/** @internal What an edge's grants are made for. */
export interface EdgeGrantsProps {
  readonly database: string;
  /** Role whose future objects `all…()` includes. */
  readonly owner: string;
  readonly groupRole: Role;
  /** Name of the role that holds what is granted on all of a schema. */
  readonly schemaWideName: string;
}

/**
 * @internal The privileges of one identity in one database, and the resources that grant them: one per object, and one
 * per column and verb. They are children of the edge, made when the first statement asks for them.
 */
export class EdgeGrants {
  private readonly statements = new Map<string, Statement>();
  /** Grants that a lease needs to log in: on the database. */
  private readonly login = new Map<string, OrderedGrant>();
  /** Grants on what is in it: they come after the migration. */
  private readonly objects = new Map<string, OrderedGrant>();
  private readonly prerequisites: TerraformResource[] = [];
  private wide?: Role;

  constructor(
    private readonly edge: Construct,
    private readonly props: EdgeGrantsProps,
  ) {}

  /** The role that holds what is granted on all of a schema; the group is a member of it. See `schemaWideRoleName`. */
  get schemaWideRole(): Role | undefined {
    return this.wide;
  }

  /** Every privilege, with the lines that granted it. */
  get nodes(): GrantNode[] {
    return [...this.statements.values()].flatMap(({ object, privileges }) =>
      [...privileges].map(([privilege, grantedBy]) => ({ object, privilege, grantedBy })),
    );
  }

  /** The resources in a fixed order, whatever the order of statements was. */
  get resources(): { readonly login: OrderedGrant[]; readonly objects: OrderedGrant[] } {
    const sorted = (map: Map<string, OrderedGrant>): OrderedGrant[] =>
      [...map.keys()].sort(byCodeUnit).map((key) => map.get(key) as OrderedGrant);
    return { login: sorted(this.login), objects: sorted(this.objects) };
  }

  /** What must be there before any grant on an object: the migration that makes the tables. */
  require(...resources: readonly TerraformResource[]): void {
    this.prerequisites.push(...resources);
    for (const { resource } of this.objects.values()) dependOn(resource, ...resources);
  }

  /** Adds privileges on an object; repeated ones only add their line. */
  add(object: AccessObject, privileges: readonly Privilege[], provenance: Provenance): void {
    if (object.schema !== undefined && object.kind !== "schema") {
      this.add({ kind: "schema", schema: object.schema }, ["USAGE"], provenance);
    }
    noteChange(this.edge);
    const key = objectKey(object);
    const statement = this.statements.get(key) ?? { object, privileges: new Map<Privilege, Provenance[]>() };
    this.statements.set(key, statement);
    for (const privilege of privileges) {
      const lines = statement.privileges.get(privilege) ?? [];
      const known = lines.some((line) => line.source === provenance.source && line.path === provenance.path);
      statement.privileges.set(privilege, known ? lines : [...lines, provenance]);
      if (object.kind === "column") untraced(() => this.columnGrant(object, privilege));
    }
    if (object.kind === "table" && object.name !== undefined) this.dropCoveredColumns(object, privileges);
    if (object.kind !== "column") untraced(() => this.objectGrant(key, statement));
  }

  private objectGrant(key: string, statement: Statement): void {
    if (this.objects.has(key) || this.login.has(key)) return;
    const { object } = statement;
    const wide = object.name === undefined && object.schema !== undefined && object.kind !== "schema";
    const role = wide ? this.schemaWide() : this.props.groupRole;
    const privileges = Lazy.listValue({ produce: () => [...statement.privileges.keys()].sort(byCodeUnit) });
    const common = { database: literal(this.props.database), role: role.name, privileges };
    const id = idOf(
      object.kind,
      ...[object.schema, object.name ?? (wide ? "*" : undefined)].filter((part): part is string => part !== undefined),
      // Without this a table whose name is `*` would have the id of all tables.
      ...(object.name === "*" ? ["by name"] : []),
    );
    const grant = new Grant(this.edge, id, {
      ...common,
      objectType: object.kind,
      schema: object.schema === undefined ? undefined : literal(object.schema),
      objects: object.name === undefined ? undefined : [literal(object.name)],
    });
    this.addResource(key, { resource: grant, object });
    if (!wide) return;
    const future = new DefaultPrivileges(this.edge, `future ${id}`, {
      ...common,
      objectType: object.kind,
      owner: literal(this.props.owner),
      schema: literal(object.schema as string),
    });
    this.addResource(`${key} future`, { resource: future, object, future: true });
  }

  /** One resource per column and verb: widening a list of columns would replace the grant, with a gap between. */
  private columnGrant(object: AccessObject, privilege: Privilege): void {
    const table = this.statements.get(objectKey({ kind: "table", schema: object.schema, name: object.name }));
    const key = `${objectKey(object)} ${privilege}`;
    if (table?.privileges.has(privilege) || this.objects.has(key)) return;
    const grant = new Grant(
      this.edge,
      idOf("column", object.schema as string, object.name as string, object.column as string, privilege),
      {
        database: literal(this.props.database),
        role: this.props.groupRole.name,
        objectType: "column",
        schema: literal(object.schema as string),
        objects: [literal(object.name as string)],
        columns: [literal(object.column as string)],
        privileges: [privilege],
      },
    );
    this.addResource(key, { resource: grant, object });
  }

  /** A privilege on the table holds for every column. A column grant beside it would come back as a difference in every plan. */
  private dropCoveredColumns(table: AccessObject, privileges: readonly Privilege[]): void {
    for (const { object } of this.statements.values()) {
      if (object.kind !== "column" || object.schema !== table.schema || object.name !== table.name) continue;
      for (const privilege of privileges) {
        const key = `${objectKey(object)} ${privilege}`;
        const resource = this.objects.get(key)?.resource;
        if (!resource) continue;
        this.edge.node.tryRemoveChild(resource.node.id);
        withdraw(resource);
        this.objects.delete(key);
      }
    }
  }

  private schemaWide(): Role {
    this.wide ??= explained(
      new Role(this.edge, "Schema-wide", {
        name: literal(this.props.schemaWideName),
        login: false,
        // As for the group: nothing that a stranger owns becomes the admin's.
        skipReassignOwned: true,
      }),
    );
    return this.wide;
  }

  private addResource(key: string, grant: OrderedGrant): void {
    // The graph says what is granted to whom, and for default privileges whose future objects are meant.
    explained(grant.resource);
    dependOn(grant.resource, this.props.groupRole);
    if (key === DATABASE) {
      this.login.set(key, grant);
      return;
    }
    this.objects.set(key, grant);
    dependOn(grant.resource, ...this.prerequisites);
  }
}

const DATABASE = objectKey({ kind: "database" });
