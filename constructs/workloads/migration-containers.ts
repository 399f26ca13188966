import { SECRETS_FOLDER } from "../injection/agent-mode";
import { Container, ContainerSecurity } from "../injection/container";
import { literal } from "../private/terraform";
import { GIVE_AGAIN, NOTE_GRANTS } from "./kept-grants";
import { appliedSum, MAKE_MIGRATION_TABLE, noteApplied } from "./migration-table";

/** File of a login for psql, below the folder of secrets. */
export const SERVICE_FILE = "pg_service.conf";
/** The same, beside a login in a format of the migration's own. */
export const GRANTS_SERVICE_FILE = "leasehold_pg_service.conf";
/** The volume, and the folder in the containers, where psql keeps what it must remember for the length of a pod. */
const SCRATCH = { name: "tmp", mountPath: "/tmp" };
/** The volumes that these containers need. */
export const SCRATCH_VOLUME = { name: SCRATCH.name, emptyDir: {} };

/** Options of psql's containers. */
export interface PsqlChoice {
  readonly image?: string;
  readonly securityContext?: ContainerSecurity;
  /** Folder of the secrets' files. @default - the injector's own */
  readonly secretsFolder?: string;
}

function psql(name: string, choice: PsqlChoice, file: string, command: string[]): Container {
  return {
    name,
    image: literal(choice.image ?? "postgres:18"),
    command,
    // The login is in a service file: neither in the environment nor in an argument, which every process of the node could read.
    env: [
      { name: "HOME", value: "/tmp" },
      { name: "PGSERVICEFILE", value: `${choice.secretsFolder ?? SECRETS_FOLDER}/${file}` },
      { name: "PGSERVICE", value: "leasehold" },
    ],
    securityContext: choice.securityContext ?? { runAsUser: 999, runAsGroup: 999 },
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    volumeMounts: [SCRATCH],
  };
}

/** Runs the files of a ConfigMap that is mounted as the volume `migrations`. */
export function filesContainer(choice: PsqlChoice): Container {
  const container = psql("migrate", choice, SERVICE_FILE, ["sh", "/migrations/run.sh"]);
  const mount = { name: "migrations", mountPath: "/migrations", readOnly: true };
  return { ...container, volumeMounts: [mount, ...(container.volumeMounts ?? [])] };
}

/** File in which the first container notes the grants for the second. */
const NOTED = "/tmp/leasehold-grants.json";
const RUN = 'run() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 "$@"; }';

/**
 * Two containers around one that migrates by a tool of its own: the first notes what the groups of the database may do, the second
 * gives it again on what was dropped and made anew. Between the tool's commit and the second, pods may be refused.
 */
export function grantContainers(
  choice: PsqlChoice,
  file: string,
): { readonly before: Container; readonly after: Container } {
  // Through a file and a variable of psql: an argument of a command may not be longer than 128 KiB.
  const note = `set -eu
${RUN}
run --single-transaction --command "$NOTE" --command "SELECT pg_catalog.current_setting('leasehold.grants')" > ${NOTED}
`;
  const give = `set -eu
${RUN}
run --single-transaction --output /dev/null --file - <<'SQL'
\\set held \`cat ${NOTED}\`
SELECT pg_catalog.set_config('leasehold.grants', :'held', true);
${GIVE_AGAIN};
SQL
`;
  const before = psql("leasehold-note-grants", choice, file, ["sh", "-c", literal(note)]);
  return {
    before: { ...before, env: [...(before.env ?? []), { name: "NOTE", value: literal(NOTE_GRANTS) }] },
    after: psql("leasehold-give-grants", choice, file, ["sh", "-c", literal(give)]),
  };
}

/** The shell script around psql. One transaction holds each file, the grants that it would lose, and the row that says that it ran. */
export function runScript(names: readonly string[]): string {
  return `set -eu
before=$(cat <<'SQL'
${NOTE_GRANTS}
SQL
)
after=$(cat <<'SQL'
${GIVE_AGAIN}
SQL
)
run() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$@"; }
run --command "${MAKE_MIGRATION_TABLE}"
for file in ${names.join(" ")}; do
  sum=$(sha256sum "/migrations/$file" | cut -d' ' -f1)
  known=$(run --no-align --tuples-only --command "${appliedSum("'$file'")}")
  if [ "$known" = "$sum" ]; then echo "$file: already applied"; continue; fi
  if [ -n "$known" ]; then echo "$file: changed after it was applied; write a new file instead" >&2; exit 1; fi
  run --single-transaction --command "$before" --file "/migrations/$file" --command "$after" --command "${noteApplied("'$file'", "'$sum'")}"
  echo "$file: applied"
done
`;
}
