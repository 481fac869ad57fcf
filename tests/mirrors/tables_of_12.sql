CREATE TABLE workspaces(
  id TEXT,
  name TEXT,
  owner TEXT,
  tier TEXT,
  create_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id)) STRICT;
CREATE TABLE projects(
  id TEXT,
  workspace_id TEXT,
  name TEXT,
  type TEXT,
  create_date INTEGER,
  localization TEXT,
  total_assets INTEGER,
  annotated_assets INTEGER,
  total_annotations INTEGER,
  removed_at INTEGER,
  extra TEXT,
  PRIMARY KEY(id)) STRICT;
CREATE TABLE project_tags(
  project_id TEXT,
  name TEXT,
  position INTEGER,
  count INTEGER,
  extra TEXT,
  PRIMARY KEY(project_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE project_groups(
  project_id TEXT,
  name TEXT,
  position INTEGER,
  total_assets INTEGER,
  annotated_assets INTEGER,
  reviewed_assets INTEGER,
  to_fixed_assets INTEGER,
  completed_assets INTEGER,
  extra TEXT,
  PRIMARY KEY(project_id, name)) STRICT, WITHOUT ROWID;
CREATE TABLE project_users(
  project_id TEXT,
  id TEXT,
  access_type TEXT,
  email TEXT,
  nickname TEXT,
  picture TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, id)) STRICT;
CREATE TABLE tags(
  project_id TEXT,
  tag_index INTEGER,
  name TEXT,
  color TEXT,
  description TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, tag_index)) STRICT;
CREATE TABLE ontologies(
  id TEXT,
  project_id TEXT,
  tag_index INTEGER,
  name TEXT,
  version INTEGER,
  color TEXT,
  description TEXT,
  attributes TEXT,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE assets(
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  filename TEXT,
  status TEXT,
  create_date INTEGER,
  url TEXT,
  url_expiry INTEGER,
  file_size INTEGER,
  mime_type TEXT,
  height INTEGER,
  width INTEGER,
  custom_metadata TEXT,
  tags_count TEXT,
  total_annotations INTEGER,
  extra TEXT) STRICT;
CREATE TABLE asset_groups(
  project_id TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  name TEXT NOT NULL,
  extra TEXT) STRICT;
CREATE TABLE annotations(
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  asset_id TEXT,
  tag TEXT,
  bound_type TEXT,
  bound TEXT,
  xmin REAL,
  ymin REAL,
  xmax REAL,
  ymax REAL,
  create_date INTEGER,
  frame ANY,
  sequence ANY,
  ontology_id TEXT,
  attributes TEXT,
  aggregation ANY,
  chunk_data ANY,
  extra TEXT) STRICT;
CREATE TABLE sequences(
  id TEXT,
  project_id TEXT,
  name TEXT,
  length INTEGER,
  items TEXT,
  item_count_with_role TEXT,
  attributes TEXT,
  create_date INTEGER,
  update_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE workflows(
  id TEXT,
  project_id TEXT,
  title TEXT,
  create_date INTEGER,
  update_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE runs(
  id TEXT,
  project_id TEXT,
  flow_id TEXT,
  status_overview TEXT,
  status_message TEXT,
  status_update_date INTEGER,
  conditions TEXT,
  accelerator_name TEXT,
  accelerator_count INTEGER,
  checkpoint_strategy TEXT,
  checkpoint_evaluation_interval INTEGER,
  checkpoint_metric TEXT,
  limit_metric TEXT,
  limit_value ANY,
  feature_preview INTEGER,
  feature_matrix INTEGER,
  feature_advanced_evaluation INTEGER,
  feature_using_sliding_window INTEGER,
  create_date INTEGER,
  update_date INTEGER,
  log_ids TEXT,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE run_matrices(
  project_id TEXT,
  run_id TEXT,
  data TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, run_id)) STRICT;
CREATE TABLE run_logs(
  project_id TEXT,
  run_id TEXT,
  log_id TEXT,
  position INTEGER,
  ev TEXT,
  t ANY,
  pl TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, run_id, log_id, position)) STRICT;
CREATE TABLE insights(
  project_id TEXT,
  run_id TEXT,
  flow_title TEXT,
  dataset_data_type TEXT,
  dataset_num_classes INTEGER,
  dataset_average_annotations REAL,
  dataset_total_assets INTEGER,
  dataset_split_ratio REAL,
  dataset_shuffle INTEGER,
  dataset_seed INTEGER,
  dataset_using_sliding_window INTEGER,
  model_name TEXT,
  model_batch_size INTEGER,
  model_training_steps INTEGER,
  model_max_detection_per_class INTEGER,
  model_solver TEXT,
  model_learning_rate REAL,
  model_momentum REAL,
  checkpoint_strategy TEXT,
  checkpoint_evaluation_interval INTEGER,
  checkpoint_metric TEXT,
  artifact_id TEXT,
  artifact_is_training INTEGER,
  artifact_step INTEGER,
  total_loss REAL,
  classification_loss REAL,
  localization_loss REAL,
  regularization_loss REAL,
  create_date INTEGER,
  extra TEXT) STRICT;
CREATE TABLE artifacts(
  id TEXT,
  project_id TEXT,
  run_id TEXT,
  flow_title TEXT,
  display_name TEXT,
  artifact_name TEXT,
  model_name TEXT,
  step INTEGER,
  is_training INTEGER,
  is_deployed INTEGER,
  create_date INTEGER,
  total_loss REAL,
  classification_loss REAL,
  localization_loss REAL,
  regularization_loss REAL,
  metric TEXT,
  export_options TEXT,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE artifact_files(
  project_id TEXT,
  artifact_id TEXT,
  name TEXT,
  md5 TEXT,
  extra TEXT) STRICT;
CREATE TABLE models(
  id TEXT,
  artifact_id TEXT,
  project_id TEXT,
  status TEXT,
  format TEXT,
  quantization TEXT,
  create_date INTEGER,
  download_method TEXT,
  download_url TEXT,
  download_expiry INTEGER,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE deployments(
  id TEXT,
  project_id TEXT,
  artifact_id TEXT,
  name TEXT,
  status_overview TEXT,
  status_message TEXT,
  status_update_date INTEGER,
  version_tag TEXT,
  region TEXT,
  instance_id TEXT,
  options TEXT,
  resources TEXT,
  replicas INTEGER,
  scaling_mode TEXT,
  url TEXT,
  create_date INTEGER,
  update_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE deployment_versions(
  project_id TEXT,
  deployment_id TEXT,
  version_tag TEXT,
  artifact_id TEXT,
  update_date INTEGER,
  extra TEXT) STRICT;
CREATE TABLE operations(
  id TEXT,
  project_id TEXT,
  kind TEXT,
  op_link TEXT,
  status_overview TEXT,
  status_message TEXT,
  progress_unit TEXT,
  queued INTEGER,
  running INTEGER,
  finished INTEGER,
  cancelled INTEGER,
  errored INTEGER,
  create_date INTEGER,
  update_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id, project_id)) STRICT;
CREATE TABLE syncs(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started_at INTEGER,
  finished_at INTEGER,
  mode TEXT,
  result TEXT,
  requests INTEGER,
  bytes_received INTEGER,
  rows_inserted INTEGER,
  rows_updated INTEGER,
  rows_deleted INTEGER,
  error TEXT) STRICT;
CREATE TABLE changes(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  sync_id INTEGER,
  at INTEGER,
  entity TEXT,
  entity_id TEXT,
  project_id TEXT,
  op TEXT,
  before TEXT,
  after TEXT) STRICT;
CREATE TABLE exports(
  project_id TEXT,
  format TEXT,
  path TEXT,
  sha256 TEXT,
  annotations INTEGER,
  skipped INTEGER,
  written_at INTEGER,
  sync_id INTEGER,
  PRIMARY KEY(project_id, path)) STRICT;
CREATE TABLE asset_sets(
  project_id TEXT,
  asset_id TEXT,
  formats TEXT,
  split TEXT,
  PRIMARY KEY(project_id, asset_id, formats)) STRICT, WITHOUT ROWID;
CREATE TABLE files(
  entity TEXT,
  entity_id TEXT,
  project_id TEXT,
  status TEXT,
  sha256 TEXT,
  bytes INTEGER,
  mime_type TEXT,
  etag TEXT,
  crc32c TEXT,
  md5 TEXT,
  fetched_at INTEGER,
  verified_at INTEGER,
  attempts INTEGER,
  error TEXT,
  PRIMARY KEY(project_id, entity, entity_id)) STRICT, WITHOUT ROWID;
CREATE TABLE loads(
  project_id TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE passes(
  project_id TEXT NOT NULL PRIMARY KEY, touched_at INTEGER NOT NULL,
  layout INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, cursor TEXT NOT NULL, done INTEGER NOT NULL,
  inserted INTEGER NOT NULL, complete INTEGER NOT NULL, problem TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint_rows(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, chunk INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, chunk)) STRICT, WITHOUT ROWID;
CREATE TABLE pending_assets(
  project_id TEXT NOT NULL, asset_id TEXT NOT NULL,
  PRIMARY KEY(project_id, asset_id)) STRICT, WITHOUT ROWID;
CREATE TABLE asset_counts(
  project_id TEXT NOT NULL, status TEXT NOT NULL, assets INTEGER NOT NULL,
  PRIMARY KEY(project_id, status)) STRICT, WITHOUT ROWID;
CREATE TABLE annotation_counts(
  project_id TEXT NOT NULL PRIMARY KEY, annotations INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tag_counts(
  project_id TEXT NOT NULL, tag TEXT NOT NULL, annotations INTEGER NOT NULL,
  assets INTEGER NOT NULL,
  PRIMARY KEY(project_id, tag)) STRICT, WITHOUT ROWID;
CREATE TABLE incoming(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, page INTEGER NOT NULL,
  doubtful INTEGER NOT NULL, rows BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, page)) STRICT;
CREATE TABLE page_digests(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, by_parent INTEGER NOT NULL,
  first_row INTEGER NOT NULL, runs TEXT NOT NULL, digest BLOB NOT NULL,
  rows_digest BLOB NOT NULL, request BLOB, etag TEXT, next TEXT, seal BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, by_parent, first_row)) STRICT, WITHOUT ROWID;
CREATE TABLE run_log_reads(
  log_id TEXT NOT NULL, project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,
  PRIMARY KEY(project_id, run_id, log_id)) STRICT, WITHOUT ROWID;
CREATE TABLE run_matrix_reads(
  project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,
  PRIMARY KEY(project_id, run_id)) STRICT, WITHOUT ROWID;
CREATE TABLE left_out(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE consumers(
  name TEXT NOT NULL, project_id TEXT NOT NULL, seq INTEGER NOT NULL, sync_id INTEGER NOT NULL,
  PRIMARY KEY(name, project_id)) STRICT, WITHOUT ROWID;
CREATE TABLE hook_troubles(
  consumer TEXT NOT NULL, project_id TEXT NOT NULL, sync_id INTEGER NOT NULL,
  at INTEGER NOT NULL, problem TEXT NOT NULL,
  PRIMARY KEY(consumer, project_id)) STRICT, WITHOUT ROWID;
CREATE TABLE export_marks(
  project_id TEXT NOT NULL, mark TEXT NOT NULL,
  PRIMARY KEY(project_id, mark)) STRICT, WITHOUT ROWID;
CREATE TABLE export_projects(
  project_id TEXT NOT NULL, folder TEXT NOT NULL, images INTEGER NOT NULL,
  annotations INTEGER NOT NULL, link TEXT,
  PRIMARY KEY(project_id)) STRICT, WITHOUT ROWID;
CREATE TABLE export_formats(
  project_id TEXT NOT NULL, format TEXT NOT NULL, requested INTEGER NOT NULL,
  settings TEXT NOT NULL, images INTEGER NOT NULL, annotations INTEGER NOT NULL,
  skipped TEXT NOT NULL, left_out TEXT NOT NULL, classes TEXT NOT NULL, classes_before TEXT,
  approximated TEXT NOT NULL DEFAULT '[]', rules INTEGER NOT NULL DEFAULT 1,
  places INTEGER, placing INTEGER NOT NULL DEFAULT 0, encoded INTEGER NOT NULL DEFAULT 0,
  encoded_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID;
CREATE TABLE export_misfits(
  project_id TEXT NOT NULL, format TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID;
CREATE TABLE file_queue(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  PRIMARY KEY(project_id, entity, entity_id)) STRICT, WITHOUT ROWID;
CREATE TABLE file_state(
  dir TEXT NOT NULL, settings TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
CREATE TABLE content_leftovers(
  sha256 TEXT NOT NULL PRIMARY KEY, since INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE placed_files(
  project_id TEXT NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL,
  entity_id TEXT NOT NULL, sha256 TEXT, placed_as INTEGER, bytes INTEGER,
  PRIMARY KEY(project_id, format, path)) STRICT, WITHOUT ROWID;
CREATE TABLE jpeg_endings(
  sha256 TEXT NOT NULL PRIMARY KEY, cut INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE narrow_syncs(
  sync_id INTEGER PRIMARY KEY, asked_for INTEGER NOT NULL) STRICT;
CREATE TABLE file_troubles(sync_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE identity(mirror_id TEXT NOT NULL) STRICT;
