/** Volumes. Provider 2.38.0: volumeSchema in schema_pod_spec.go. Cloud disks are not known to the rehearsal. */
import { FieldTable, bool, int, many, map, octal, one, text } from "./fields";

export const fieldRef: FieldTable = { api_version: text(undefined, "v1"), field_path: text() };
export const resourceFieldRef: FieldTable = {
  container_name: text(),
  divisor: text(undefined, "1"),
  resource: text(),
};

const item: FieldTable = { key: text(), mode: octal(), path: text() };
const downwardItem: FieldTable = {
  field_ref: one(fieldRef),
  mode: octal(),
  path: text(),
  resource_field_ref: one(resourceFieldRef),
};
const named: FieldTable = { name: text(), items: many(item), optional: bool() };
const mode = octal(undefined, "0644");

export const volume: FieldTable = {
  name: text(),
  config_map: one({ ...named, default_mode: mode }),
  secret: one({ secret_name: text(), items: many(item), optional: bool(), default_mode: mode }),
  empty_dir: one({ medium: text(), size_limit: text() }),
  host_path: one({ path: text(), type: text() }),
  downward_api: one({ items: many(downwardItem), default_mode: mode }),
  persistent_volume_claim: one({ claim_name: text(), read_only: bool() }),
  csi: one({
    driver: text(),
    volume_attributes: map(),
    fs_type: text(),
    read_only: bool(),
    node_publish_secret_ref: one({ name: text() }),
  }),
  projected: one({
    default_mode: mode,
    sources: many({
      config_map: one(named),
      secret: one(named),
      downward_api: one({ items: many(downwardItem) }),
      service_account_token: one({ audience: text(), expiration_seconds: int(undefined, 3600), path: text() }),
    }),
  }),
};
