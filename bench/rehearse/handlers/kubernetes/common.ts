/** Blocks that several kinds share. Provider 2.38.0: schema_metadata.go, schema_label_selector.go. */
import { FieldTable, many, map, one, text, texts } from "./fields";

export const metadata: FieldTable = { name: text(), labels: map(), annotations: map() };
export const namespacedMetadata: FieldTable = { ...metadata, namespace: text(undefined, "default") };
/** In templates the namespace is that of the owner. */
export const templateMetadata: FieldTable = { ...metadata, namespace: text() };

export const labelSelector: FieldTable = {
  match_labels: map(),
  match_expressions: many({ key: text(), operator: text(), values: texts() }),
};

export const resources: FieldTable = { limits: map(), requests: map() };

export const claimSpec: FieldTable = {
  access_modes: texts(),
  resources: one(resources),
  selector: one(labelSelector),
  volume_name: text(),
  storage_class_name: text(),
  volume_mode: text(),
};
