-- A mirror of schema version 11: that of version 10, brought up, and another sync that reached no server but had a hook to
-- tell, which follows the changes from then on.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE workspaces(
  id TEXT,
  name TEXT,
  owner TEXT,
  tier TEXT,
  create_date INTEGER,
  extra TEXT,
  PRIMARY KEY(id)) STRICT;
INSERT INTO workspaces VALUES('ws_00000000000000000000000000000001','Golden','user_000000000000000000000001','Developer',1700000000000,NULL);
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
INSERT INTO projects VALUES('proj_00000000000000000000000000000001','ws_00000000000000000000000000000001','boxes','ObjectDetection',1700000000000,'MULTI',5,4,7,NULL,NULL);
INSERT INTO projects VALUES('proj_00000000000000000000000000000002','ws_00000000000000000000000000000001','outlines','InstanceSegmentation',1700000000000,'MULTI',2,1,4,NULL,NULL);
INSERT INTO projects VALUES('proj_00000000000000000000000000000003','ws_00000000000000000000000000000001','poses','Keypoint',1700000000000,'MULTI',1,1,3,NULL,NULL);
INSERT INTO projects VALUES('proj_00000000000000000000000000000004','ws_00000000000000000000000000000001','scenes','Classification',1700000000000,'MULTI',3,2,3,NULL,NULL);
INSERT INTO projects VALUES('proj_9e03306b4b36a005c696eca52507a895','ws_00000000000000000000000000000001','coco-fake-person-keypoints','Keypoint',1705184060000,'MULTI',99,47,125,NULL,NULL);
CREATE TABLE project_tags(
  project_id TEXT,
  name TEXT,
  position INTEGER,
  count INTEGER,
  extra TEXT,
  PRIMARY KEY(project_id, name)) STRICT, WITHOUT ROWID;
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000001','car',0,5,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000001','gato “negro”',2,1,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000001','traffic light, red',1,1,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000002','leaf',0,4,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000003','hand',0,3,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000004','indoor',0,2,NULL);
INSERT INTO project_tags VALUES('proj_00000000000000000000000000000004','outdoor',1,1,NULL);
INSERT INTO project_tags VALUES('proj_9e03306b4b36a005c696eca52507a895','person',0,125,NULL);
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
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000001','g1',1,1,1,0,0,1,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000001','g2',2,1,1,0,0,1,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000001','main',0,4,3,1,1,0,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000001','night',3,1,1,0,0,0,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000002','main',0,2,1,0,0,0,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000003','main',0,1,1,0,0,0,NULL);
INSERT INTO project_groups VALUES('proj_00000000000000000000000000000004','main',0,3,2,0,0,0,NULL);
INSERT INTO project_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','main',0,12,5,3,0,1,NULL);
CREATE TABLE project_users(
  project_id TEXT,
  id TEXT,
  access_type TEXT,
  email TEXT,
  nickname TEXT,
  picture TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, id)) STRICT;
INSERT INTO project_users VALUES('proj_9e03306b4b36a005c696eca52507a895','user_08e64c2e9f87067d4721766c','Owner','user0@example.com','Ada','https://example.com/avatars/user_08e64c2e9f87067d4721766c.png',NULL);
INSERT INTO project_users VALUES('proj_9e03306b4b36a005c696eca52507a895','user_735adb8a0a5564fffca6d4a8','Labeller','user3@example.com','Dalia','https://example.com/avatars/user_735adb8a0a5564fffca6d4a8.png',NULL);
INSERT INTO project_users VALUES('proj_9e03306b4b36a005c696eca52507a895','user_789587ba622ed9731495eb23','Collaborator','user1@example.com','Björn','https://example.com/avatars/user_789587ba622ed9731495eb23.png',NULL);
INSERT INTO project_users VALUES('proj_9e03306b4b36a005c696eca52507a895','user_d056f800ddc5a385a3ea15d6','Labeller','user4@example.com','Émile','https://example.com/avatars/user_d056f800ddc5a385a3ea15d6.png',NULL);
CREATE TABLE tags(
  project_id TEXT,
  tag_index INTEGER,
  name TEXT,
  color TEXT,
  description TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, tag_index)) STRICT;
INSERT INTO tags VALUES('proj_00000000000000000000000000000001',0,'car','#102030',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000001',1,'traffic light, red','#102031',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000001',2,'gato “negro”','#102032',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000002',0,'leaf','#102030',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000003',0,'hand','#102030',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000004',0,'indoor','#102030',NULL,NULL);
INSERT INTO tags VALUES('proj_00000000000000000000000000000004',1,'outdoor','#102031',NULL,NULL);
INSERT INTO tags VALUES('proj_9e03306b4b36a005c696eca52507a895',0,'person','#939777','17 COCO keypoints',NULL);
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
INSERT INTO insights VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','YOLOv8-Pose','Keypoints',1,1.2629999999999999005,99,0.29999999999999998889,1,0,0,'yolov8-nano-pose-640x640',8,2000,100,'momentum',0.010000000000000000208,0.9000000000000000222,'STRAT_ALWAYS_SAVE_LATEST',250,NULL,'artifact_14fe3926edc3eb743af7b742',0,2000,0.62069499999999999673,0.325865999999999989,0.26284600000000002406,0.031982999999999997542,1705746459643,NULL);
INSERT INTO insights VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','YOLOv8-Pose','Keypoints',1,1.2629999999999999005,99,0.29999999999999998889,1,0,0,'yolov8-nano-pose-640x640',8,2000,100,'momentum',0.010000000000000000208,0.9000000000000000222,'STRAT_ALWAYS_SAVE_LATEST',250,NULL,'artifact_6c1359f5c415fff1889e5d07',0,1000,1.1161559999999999259,0.60619599999999995709,0.46548299999999998011,0.044477000000000002644,1705746039643,NULL);
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
INSERT INTO syncs VALUES(1,1795698955678,1795698955737,'full','ok',63,60585,90,0,0,NULL);
INSERT INTO syncs VALUES(2,1795698955948,1795698955987,'full','ok',63,59677,0,3,1,NULL);
INSERT INTO syncs VALUES(3,1795698956167,1795698956189,'full','partial',62,57153,0,2,0,'project outlines: listing /projects/proj_00000000000000000000000000000002/assets: the server answered 500 InternalServerError, the emulator was told to fail; the server''s trouble: the next sync tries again');
INSERT INTO syncs VALUES(4,1795709445109,1795709445111,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(5,1795727050561,1795727050563,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(6,1795765912835,1795765912842,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(7,1795804183453,1795804183455,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(8,1795829685283,1795829685315,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(9,1795844053617,1795844053631,'full','failed',3,0,0,0,0,'asking http://127.0.0.1:1/workspace: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(10,1795858184618,1795858184634,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:9/workspace: no connection to 127.0.0.1:9: Connection refused; check the endpoint and the network');
INSERT INTO syncs VALUES(11,1795867482486,1795867482488,'full','failed',1,0,0,0,0,'asking http://127.0.0.1:9/workspace: no connection to 127.0.0.1:9: Connection refused; check the endpoint and the network');
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
INSERT INTO changes VALUES(1,1,1795698955678,'workspaces','ws_00000000000000000000000000000001',NULL,'insert',NULL,'{"id":"ws_00000000000000000000000000000001","name":"Golden","owner":"user_000000000000000000000001","tier":"Developer","create_date":1700000000000,"extra":null}');
INSERT INTO changes VALUES(2,1,1795698955678,'projects','proj_00000000000000000000000000000001','proj_00000000000000000000000000000001','insert',NULL,'{"id":"proj_00000000000000000000000000000001","workspace_id":"ws_00000000000000000000000000000001","name":"boxes","type":"ObjectDetection","create_date":1700000000000,"localization":"MULTI","total_assets":5,"annotated_assets":4,"total_annotations":7,"removed_at":null,"extra":null,"tags":[{"name":"car","count":5},{"name":"traffic light, red","count":1},{"name":"gato “negro”","count":1}],"groups":[{"name":"main","total_assets":5,"annotated_assets":4,"reviewed_assets":1,"to_fixed_assets":1,"completed_assets":1},{"name":"night","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}');
INSERT INTO changes VALUES(3,1,1795698955678,'tags',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":3}');
INSERT INTO changes VALUES(4,1,1795698955678,'project_users',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(5,1,1795698955678,'ontologies',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(6,1,1795698955678,'workflows',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(7,1,1795698955678,'runs',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(8,1,1795698955678,'insights',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(9,1,1795698955678,'deployments',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(10,1,1795698955678,'artifacts',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(11,1,1795698955678,'sequences',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(12,1,1795698955678,'models',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(13,1,1795698955678,'assets',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":5}');
INSERT INTO changes VALUES(14,1,1795698955678,'projects','proj_00000000000000000000000000000002','proj_00000000000000000000000000000002','insert',NULL,'{"id":"proj_00000000000000000000000000000002","workspace_id":"ws_00000000000000000000000000000001","name":"outlines","type":"InstanceSegmentation","create_date":1700000000000,"localization":"MULTI","total_assets":2,"annotated_assets":1,"total_annotations":4,"removed_at":null,"extra":null,"tags":[{"name":"leaf","count":4}],"groups":[{"name":"main","total_assets":2,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}');
INSERT INTO changes VALUES(15,1,1795698955678,'annotations',NULL,'proj_00000000000000000000000000000001','load',NULL,'{"rows":7}');
INSERT INTO changes VALUES(16,1,1795698955678,'project_users',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(17,1,1795698955678,'tags',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(18,1,1795698955678,'workflows',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(19,1,1795698955678,'ontologies',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(20,1,1795698955678,'runs',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(21,1,1795698955678,'insights',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(22,1,1795698955678,'artifacts',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(23,1,1795698955678,'deployments',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(24,1,1795698955678,'models',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(25,1,1795698955678,'assets',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":2}');
INSERT INTO changes VALUES(26,1,1795698955678,'sequences',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(27,1,1795698955678,'projects','proj_00000000000000000000000000000003','proj_00000000000000000000000000000003','insert',NULL,'{"id":"proj_00000000000000000000000000000003","workspace_id":"ws_00000000000000000000000000000001","name":"poses","type":"Keypoint","create_date":1700000000000,"localization":"MULTI","total_assets":1,"annotated_assets":1,"total_annotations":3,"removed_at":null,"extra":null,"tags":[{"name":"hand","count":3}],"groups":[{"name":"main","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}');
INSERT INTO changes VALUES(28,1,1795698955678,'annotations',NULL,'proj_00000000000000000000000000000002','load',NULL,'{"rows":4}');
INSERT INTO changes VALUES(29,1,1795698955678,'tags',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(30,1,1795698955678,'project_users',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(31,1,1795698955678,'ontologies',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(32,1,1795698955678,'workflows',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(33,1,1795698955678,'artifacts',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(34,1,1795698955678,'runs',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(35,1,1795698955678,'insights',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(36,1,1795698955678,'models',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(37,1,1795698955678,'deployments',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(38,1,1795698955678,'sequences',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(39,1,1795698955678,'projects','proj_00000000000000000000000000000004','proj_00000000000000000000000000000004','insert',NULL,'{"id":"proj_00000000000000000000000000000004","workspace_id":"ws_00000000000000000000000000000001","name":"scenes","type":"Classification","create_date":1700000000000,"localization":"MULTI","total_assets":3,"annotated_assets":2,"total_annotations":3,"removed_at":null,"extra":null,"tags":[{"name":"indoor","count":2},{"name":"outdoor","count":1}],"groups":[{"name":"main","total_assets":3,"annotated_assets":2,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}');
INSERT INTO changes VALUES(40,1,1795698955678,'annotations',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":3}');
INSERT INTO changes VALUES(41,1,1795698955678,'assets',NULL,'proj_00000000000000000000000000000003','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(42,1,1795698955678,'tags',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":2}');
INSERT INTO changes VALUES(43,1,1795698955678,'project_users',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(44,1,1795698955678,'ontologies',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(45,1,1795698955678,'insights',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(46,1,1795698955678,'workflows',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(47,1,1795698955678,'runs',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(48,1,1795698955678,'artifacts',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(49,1,1795698955678,'models',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(50,1,1795698955678,'deployments',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(51,1,1795698955678,'sequences',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(52,1,1795698955678,'assets',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":3}');
INSERT INTO changes VALUES(53,1,1795698955678,'projects','proj_9e03306b4b36a005c696eca52507a895','proj_9e03306b4b36a005c696eca52507a895','insert',NULL,'{"id":"proj_9e03306b4b36a005c696eca52507a895","workspace_id":"ws_00000000000000000000000000000001","name":"coco-fake-person-keypoints","type":"Keypoint","create_date":1705184060000,"localization":"MULTI","total_assets":99,"annotated_assets":47,"total_annotations":125,"removed_at":null,"extra":null,"tags":[{"name":"person","count":125}],"groups":[{"name":"main","total_assets":12,"annotated_assets":5,"reviewed_assets":3,"to_fixed_assets":0,"completed_assets":1}]}');
INSERT INTO changes VALUES(54,1,1795698955678,'annotations',NULL,'proj_00000000000000000000000000000004','load',NULL,'{"rows":3}');
INSERT INTO changes VALUES(55,1,1795698955678,'project_users',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":4}');
INSERT INTO changes VALUES(56,1,1795698955678,'tags',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(57,1,1795698955678,'ontologies',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(58,1,1795698955678,'workflows',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":1}');
INSERT INTO changes VALUES(59,1,1795698955678,'runs',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":2}');
INSERT INTO changes VALUES(60,1,1795698955678,'insights',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":2}');
INSERT INTO changes VALUES(61,1,1795698955678,'artifacts',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":2}');
INSERT INTO changes VALUES(62,1,1795698955678,'deployments',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(63,1,1795698955678,'models',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":4}');
INSERT INTO changes VALUES(64,1,1795698955678,'sequences',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":0}');
INSERT INTO changes VALUES(65,1,1795698955678,'assets',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":12}');
INSERT INTO changes VALUES(66,1,1795698955678,'annotations',NULL,'proj_9e03306b4b36a005c696eca52507a895','load',NULL,'{"rows":14}');
INSERT INTO changes VALUES(67,2,1795698955948,'projects','proj_00000000000000000000000000000001','proj_00000000000000000000000000000001','update','{"groups":[{"name":"main","total_assets":5,"annotated_assets":4,"reviewed_assets":1,"to_fixed_assets":1,"completed_assets":1},{"name":"night","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}','{"groups":[{"name":"main","total_assets":4,"annotated_assets":3,"reviewed_assets":1,"to_fixed_assets":1,"completed_assets":0},{"name":"g1","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":1},{"name":"g2","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":1},{"name":"night","total_assets":1,"annotated_assets":1,"reviewed_assets":0,"to_fixed_assets":0,"completed_assets":0}]}');
INSERT INTO changes VALUES(68,2,1795698955948,'assets','asset_10000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','update','{"groups":["main"]}','{"groups":["g1","g2"]}');
INSERT INTO changes VALUES(69,2,1795698955948,'annotations','annot_00000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','update','{"extra":null}','{"extra":{"extraKey":1}}');
INSERT INTO changes VALUES(70,2,1795698955948,'annotations','annot_00000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','delete','{"id":"annot_00000002-0000-4000-8000-000000000000","project_id":"proj_00000000000000000000000000000001","asset_id":"asset_10000001-0000-4000-8000-000000000000","tag":"traffic light, red","bound_type":"Rectangle","bound":[[0.1,0.1],[0.1,0.2],[0.15,0.2],[0.15,0.1]],"xmin":0.1,"ymin":0.1,"xmax":0.15,"ymax":0.2,"create_date":1700000000002,"frame":null,"sequence":null,"ontology_id":null,"attributes":null,"aggregation":null,"chunk_data":null,"extra":null}',NULL);
INSERT INTO changes VALUES(71,3,1795698956167,'annotations','annot_00000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','update','{"extra":{"extraKey":1}}','{"extra":{"y":3}}');
INSERT INTO changes VALUES(72,3,1795698956167,'annotations','annot_00000008-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','update','{"extra":null}','{"extra":{"y":3}}');
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
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','coco','proj_00000000000000000000000000000001/annotations/coco/annotations.json','cfa0c655063d68060359f93a2ef099740d7de5643c4c0d11011658c98b70afd0',6,0,1795698955979,2);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/data.yaml','99e823338f98d070c5230d4670b4e65b7ba52027026cb22ad9106403f23e7fc4',0,0,1795698955714,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/labels/train/_._outside_asset_10000005.txt','a8744740dd639971ccfdbfe703516525268b2cb6b7237b03b4a6e4fd1ef1cc05',1,0,1795698955714,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/labels/train/empty.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955714,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/labels/train/street 1.txt','7f00700eb9e8b924dc4d8e4d2d2541d22251ab30b0012e42b102a47668cc0d8a',1,0,1795698955979,2);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/labels/train/street_2_asset_10000002.txt','89ce47413591e309761be4c3125b34d34095cb66d4f4feef1569ec646ffa40fb',2,1,1795698955714,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000001','yolo','proj_00000000000000000000000000000001/annotations/yolo/labels/train/street_2_asset_10000004.txt','22c93c3d9fe106807825f559726d05edcda846b2ba364a142f3754fca7a20d93',1,0,1795698955714,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000002','polygon_coco','proj_00000000000000000000000000000002/annotations/polygon_coco/annotations.json','ea9da793e834ba1f150c67cf62300fe11e0343ef6e3c6017734ccd8c2dae2615',3,1,1795698955718,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000002','yolo','proj_00000000000000000000000000000002/annotations/yolo/data.yaml','a6a923075a13a8865fc85cf3d56da037b8719e05656ab5a17c81292d32fee4c7',0,0,1795698955718,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000002','yolo','proj_00000000000000000000000000000002/annotations/yolo/labels/train/bare.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955718,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000002','yolo','proj_00000000000000000000000000000002/annotations/yolo/labels/train/tree.txt','214af93f2f72cc2d62eb11e40201e9336068fedaed13243aa235441c0421bcb5',3,1,1795698955718,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000003','keypoints_coco','proj_00000000000000000000000000000003/annotations/keypoints_coco/annotations.json','0b6b98a557981a83540fb5e77c85c81a3826a49f86d5a1c8c99a8e9ae78d0725',3,0,1795698955722,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000003','yolo','proj_00000000000000000000000000000003/annotations/yolo/data.yaml','98928d96c75fa902267c461be6dff1685280372c493b4832d7da279e6b457faf',0,0,1795698955722,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000003','yolo','proj_00000000000000000000000000000003/annotations/yolo/labels/train/wave.txt','d2fa3eb3ca34eba4aedfdbaff2971cbab898575d36af33c74a8d6e1d993f5c07',2,1,1795698955722,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','csv_classification','proj_00000000000000000000000000000004/annotations/csv_classification/annotations.csv','779bd3d6f5b7ed1583a2edee229a5890b47e97c272cc45b26f68520e4a0ff3a0',3,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/annotations.ndjson','9a98f216b3362195dea6aa4d4582053858cd22e2af12ec2322353897fee4ca4e',3,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/artifacts.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/assets.ndjson','9c4e13abbff22b9f64868e673a5e494f3e56339b1befcf434659367b64b2a399',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/deployments.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/insights.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/models.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/ontologies.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/operations.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/projects.ndjson','5d5f42d48761e487c5c74f950a7e0093842b4ae9a6ea401f2b112c28e4b53987',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/runlogs.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/runs.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/sequences.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/tags.ndjson','09c4c46ddba505eb9d828aa60ea5d40e67cc79ceaaa62629e0b114a8b1e75c88',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/users.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/workflows.ndjson','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_00000000000000000000000000000004','ndjson','proj_00000000000000000000000000000004/annotations/ndjson/workspace.json','ff7d062d7f6c57ce9a31980942fa3c84284b1e44222da1e5d23246acce1047e9',0,0,1795698955728,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','keypoints_coco','proj_9e03306b4b36a005c696eca52507a895/annotations/keypoints_coco/annotations.json','8d8a7ad9b8261ae1c54f75b9a86203b3f3d53537cdd63a0d88fdc4c4011f9aa4',14,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/data.yaml','d932247907c96c294984f4ae1746217735e14698bad400995d729a82bceb9b81',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000257.txt','e56e887ab4b6b085642ba8f8658113f4b3ae456932d11b3e5c4777a760637dd7',4,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000357.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000415.txt','45ab8c654f1afbd4fc09628995ad85acfdead6c46fcd4d27bcfee62ebd027b8b',1,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000428.txt','f693d1c27a521efb5b4aafa08f8a3516965d73a7ab1e8d0983a843d427d12ea3',1,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000472.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000502.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000636.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000724.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000761.txt','3cacc86efa7695559dbb31edb6f161f124a448cc73e8032683f0d87440d134e3',7,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000831.txt','761dd84d7dd9c4b5c70b8e1ca2406b92c10f8563330ba5ec456f97c5c1823d85',1,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000000923.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
INSERT INTO exports VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo','proj_9e03306b4b36a005c696eca52507a895/annotations/yolo/labels/train/COCO_val2014_000000001153.txt','e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',0,0,1795698955733,1);
CREATE TABLE loads(
  project_id TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','annotations');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','artifacts');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','assets');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','deployments');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','insights');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','models');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','ontologies');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','project_users');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','runs');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','sequences');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','tags');
INSERT INTO loads VALUES('proj_00000000000000000000000000000001','workflows');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','annotations');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','artifacts');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','assets');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','deployments');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','insights');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','models');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','ontologies');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','project_users');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','runs');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','sequences');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','tags');
INSERT INTO loads VALUES('proj_00000000000000000000000000000002','workflows');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','annotations');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','artifacts');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','assets');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','deployments');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','insights');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','models');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','ontologies');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','project_users');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','runs');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','sequences');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','tags');
INSERT INTO loads VALUES('proj_00000000000000000000000000000003','workflows');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','annotations');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','artifacts');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','assets');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','deployments');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','insights');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','models');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','ontologies');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','project_users');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','runs');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','sequences');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','tags');
INSERT INTO loads VALUES('proj_00000000000000000000000000000004','workflows');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','annotations');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','artifacts');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','assets');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','deployments');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','insights');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','models');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','ontologies');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','project_users');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','runs');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','sequences');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','tags');
INSERT INTO loads VALUES('proj_9e03306b4b36a005c696eca52507a895','workflows');
CREATE TABLE passes(
  project_id TEXT NOT NULL PRIMARY KEY, touched_at INTEGER NOT NULL,
  layout INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO passes VALUES('proj_00000000000000000000000000000002',1700000000000,119);
INSERT INTO passes VALUES('proj_00000000000000000000000000000004',1700000000000,119);
CREATE TABLE checkpoint_rows(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, chunk INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, chunk)) STRICT, WITHOUT ROWID;
CREATE TABLE pending_assets(
  project_id TEXT NOT NULL, asset_id TEXT NOT NULL,
  PRIMARY KEY(project_id, asset_id)) STRICT, WITHOUT ROWID;
CREATE TABLE consumers(
  name TEXT NOT NULL, project_id TEXT NOT NULL, seq INTEGER NOT NULL, sync_id INTEGER NOT NULL,
  PRIMARY KEY(name, project_id)) STRICT, WITHOUT ROWID;
INSERT INTO consumers VALUES('exports','proj_00000000000000000000000000000001',70,2);
INSERT INTO consumers VALUES('exports','proj_00000000000000000000000000000002',66,1);
INSERT INTO consumers VALUES('exports','proj_00000000000000000000000000000003',66,1);
INSERT INTO consumers VALUES('exports','proj_00000000000000000000000000000004',66,1);
INSERT INTO consumers VALUES('exports','proj_9e03306b4b36a005c696eca52507a895',66,1);
INSERT INTO consumers VALUES('hooks','',72,10);
CREATE TABLE export_marks(
  project_id TEXT NOT NULL, mark TEXT NOT NULL,
  PRIMARY KEY(project_id, mark)) STRICT, WITHOUT ROWID;
INSERT INTO export_marks VALUES('proj_00000000000000000000000000000001','run_logs');
INSERT INTO export_marks VALUES('proj_00000000000000000000000000000002','run_logs');
INSERT INTO export_marks VALUES('proj_00000000000000000000000000000003','run_logs');
INSERT INTO export_marks VALUES('proj_00000000000000000000000000000004','run_logs');
INSERT INTO export_marks VALUES('proj_9e03306b4b36a005c696eca52507a895','run_logs');
CREATE TABLE run_matrices(
  project_id TEXT,
  run_id TEXT,
  data TEXT,
  extra TEXT,
  PRIMARY KEY(project_id, run_id)) STRICT;
INSERT INTO run_matrices VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','{"confusionMatrix":[[1,0],[2,3]]}',NULL);
CREATE TABLE run_matrix_reads(
  project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,
  PRIMARY KEY(project_id, run_id)) STRICT, WITHOUT ROWID;
CREATE TABLE left_out(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
INSERT INTO left_out VALUES('proj_00000000000000000000000000000004','sequences','the server does not give them (404)');
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
INSERT INTO ontologies VALUES('ontology_8d676c4c-8c5d-519c-acd7-55f6f9445996','proj_9e03306b4b36a005c696eca52507a895',0,'person',1,'#939777','17 COCO keypoints','[]',NULL);
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
INSERT INTO workflows VALUES('flow_19cfef0a15b58e3d81f017e5','proj_9e03306b4b36a005c696eca52507a895','YOLOv8-Pose',1705659219643,1705660119643,NULL);
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
INSERT INTO runs VALUES('run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','proj_9e03306b4b36a005c696eca52507a895','flow_19cfef0a15b58e3d81f017e5','Finished','Training finished.',1705746459643,NULL,'GPU_T4',1,'STRAT_ALWAYS_SAVE_LATEST',250,NULL,'LIM_NONE',0,1,1,NULL,0,1705745619643,1705746459643,'["runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx"]',NULL);
INSERT INTO runs VALUES('run_fe0c9f8c-20fa-507e-89d0-73a1b582e7dc','proj_9e03306b4b36a005c696eca52507a895','flow_19cfef0a15b58e3d81f017e5','Creating','Training is being prepared.',1705752819643,NULL,'GPU_T4',1,'STRAT_LOWEST_VALIDATION_LOSS',250,'Loss/total_loss','LIM_NONE',0,1,1,NULL,0,1705752819643,1705752819643,'[]',NULL);
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
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',0,'trainingCheckpoint',1705745724643,'{"classificationLoss":0.995161,"log":"Step 250 : total loss 1.8037","step":250,"totalLoss":1.80368}',NULL);
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',1,'trainingCheckpoint',1705745829643,'{"classificationLoss":0.83529,"log":"Step 500 : total loss 1.5228","step":500,"totalLoss":1.522837}',NULL);
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',2,'trainingCheckpoint',1705745934643,'{"classificationLoss":0.728626,"log":"Step 750 : total loss 1.3285","step":750,"totalLoss":1.328515}',NULL);
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',3,'trainingCheckpoint',1705746039643,'{"classificationLoss":0.606196,"log":"Step 1000 : total loss 1.1162","step":1000,"totalLoss":1.116156}',NULL);
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',4,'trainingCheckpoint',1705746144643,'{"classificationLoss":0.504783,"log":"Step 1250 : total loss 0.9400","step":1250,"totalLoss":0.940019}',NULL);
INSERT INTO run_logs VALUES('proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx',5,'trainingCheckpoint',1705746249643,'{"classificationLoss":0.457221,"log":"Step 1500 : total loss 0.8486","step":1500,"totalLoss":0.848587}',NULL);
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
INSERT INTO artifacts VALUES('artifact_14fe3926edc3eb743af7b742','proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','YOLOv8-Pose','coco-fake-person-keypoints-2000','ckpt-8','yolov8-nano-pose-640x640',2000,0,0,1705746459643,0.62069499999999999673,0.325865999999999989,0.26284600000000002406,0.031982999999999997542,'{"classificationLoss":0.325866,"localizationLoss":0.262846,"regularizationLoss":0.031983,"totalLoss":0.620695}','[{"defaultOptimizations":{"quantization":"float32"},"format":"ONNX","optimizations":{"quantization":["float32","float16"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"TensorFlow","optimizations":{"quantization":["float32"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"TFLite","optimizations":{"quantization":["float32","float16","int8"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"PyTorch","optimizations":{"quantization":["float32"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"CoreML","optimizations":{"quantization":["float32","float16"]}}]',NULL);
INSERT INTO artifacts VALUES('artifact_6c1359f5c415fff1889e5d07','proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a','YOLOv8-Pose','coco-fake-person-keypoints-1000','ckpt-4','yolov8-nano-pose-640x640',1000,0,0,1705746039643,1.1161559999999999259,0.60619599999999995709,0.46548299999999998011,0.044477000000000002644,'{"classificationLoss":0.606196,"localizationLoss":0.465483,"regularizationLoss":0.044477,"totalLoss":1.116156}','[{"defaultOptimizations":{"quantization":"float32"},"format":"ONNX","optimizations":{"quantization":["float32","float16"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"TensorFlow","optimizations":{"quantization":["float32"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"TFLite","optimizations":{"quantization":["float32","float16","int8"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"PyTorch","optimizations":{"quantization":["float32"]}},{"defaultOptimizations":{"quantization":"float32"},"format":"CoreML","optimizations":{"quantization":["float32","float16"]}}]',NULL);
CREATE TABLE artifact_files(
  project_id TEXT,
  artifact_id TEXT,
  name TEXT,
  md5 TEXT,
  extra TEXT) STRICT;
INSERT INTO artifact_files VALUES('proj_9e03306b4b36a005c696eca52507a895','artifact_14fe3926edc3eb743af7b742','ckpt-8.data-00000-of-00001','53cefec94462a3d22a1bcfb8113372e9',NULL);
INSERT INTO artifact_files VALUES('proj_9e03306b4b36a005c696eca52507a895','artifact_14fe3926edc3eb743af7b742','ckpt-8.index','da28076cc25f905ba1e491a1d653f17d',NULL);
INSERT INTO artifact_files VALUES('proj_9e03306b4b36a005c696eca52507a895','artifact_6c1359f5c415fff1889e5d07','ckpt-4.data-00000-of-00001','7ddaa703ba03877b5a94820ade04c982',NULL);
INSERT INTO artifact_files VALUES('proj_9e03306b4b36a005c696eca52507a895','artifact_6c1359f5c415fff1889e5d07','ckpt-4.index','28dc1b2d15a192c0797cec432cfad7c1',NULL);
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
INSERT INTO models VALUES('model_318b66c73b9d947abf0211908eabaf58','artifact_14fe3926edc3eb743af7b742','proj_9e03306b4b36a005c696eca52507a895','Finished','TensorFlow','float32',1705747659643,'GET','https://storage.googleapis.com/nexus-emulator/models/model_318b66c73b9d947abf0211908eabaf58?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=6aafe2b6cc81687fbf24cc8f3d35acff73f1640b7cc018e59ceac833e5daabef076fddb109e9ee544d528e88a2f634140784051fee3738c922dbbbca3943f3823513549dc073d14c785f69ab21baef76fd261d24f4608c97d908687d71d44b97554fe17a07555b05c37056c692482d94e4e86fd3bc19568e9f4cea958aefc5703d5c1c0083cdb1c15c899cda1184d984e6bb7212ed06b7fec1ece58cee57853088dfa21c76a9429dcb9693d88953ffd1cff5e619d0b3f5317ffa8abe8be0072a55887b3d001a0d67949bf16e79c5d9d4e5912193079daa380c302ab74eba7d0857fba207bdef2f07f0055548cc210009aa03aaa49ff66d6c383f7acc3f70e4cb',1795785355703,NULL);
INSERT INTO models VALUES('model_8b4abfa15ce89f204b3a22c151c20850','artifact_14fe3926edc3eb743af7b742','proj_9e03306b4b36a005c696eca52507a895','Queued','TFLite','int8',1705747059643,NULL,NULL,NULL,NULL);
INSERT INTO models VALUES('model_2436e0a11949ca14303acd3b02092d72','artifact_6c1359f5c415fff1889e5d07','proj_9e03306b4b36a005c696eca52507a895','Finished','ONNX','float32',1705746639643,'GET','https://storage.googleapis.com/nexus-emulator/models/model_2436e0a11949ca14303acd3b02092d72?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=6509d69fd1991fdcaa57fb5b6f76244576cb4bd55d9a6427a720ed94f8d852eb16ad8ce5cc918c9cb36ab610b8630549b7f495c6241fb1e982a2a35f1d04de12f750b4af66b0ccc0aa09c0cda7e60a089dfb9200e7b1d9679d8460173649a8fb377f4480c1095ffb682a9f2abf965b13b98d914a4642bf43ea828b8f1aebac16a7f885bdf651b48b34f266812da690cfcde18c3b52a88798fa39f04b82e018fc17342eed2435125046b63a9cc7a256ab78a92ff0af04dd177c2d4733e1c76745ef0718f2eef4d10d897481bbca5f2a6fcd12239c4f6e2646e2f431665355ffd445a19cdd9066f1d41f956564cee9ace79ccc6a1abe027cc2260faae8addde963',1795785355703,NULL);
INSERT INTO models VALUES('model_ecf44e888a3c8b9a015957d8bd7243e1','artifact_6c1359f5c415fff1889e5d07','proj_9e03306b4b36a005c696eca52507a895','Finished','ONNX','float16',1705747239643,'GET','https://storage.googleapis.com/nexus-emulator/models/model_ecf44e888a3c8b9a015957d8bd7243e1?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=dd53688146da41dc8473ddaf0115b50841f2474ff6da4884dc93b95bd23d9cbd27c4030d6070d7d6056ed1542288a511f29889363ed0a10cfbcf374f4fb559b1e8e714ab4303283a2b039547054348af8224d4b87234f5888e99cc1496484f1251944e36219a13219d0f6f8d50df7d67ca46769c1c7dfc5c30776e5d3707745785d084da55e9571c7e38a3f9177eb3f02b05a1cefcc41e5e48f51a3e1ab17d7e2444a104603121f417c5a553d99f39ffc516be466d09a30a48b73613ec71a2cc452d21ad7862a46d6dbe2531d7047d3cbaeee822cdb1a4c31527987ced474a4d829caa8920941afb5f492af6a6ea37d00dc11e5e5139b2eddad0ad511ad94ce8',1795785355703,NULL);
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
CREATE TABLE run_log_reads(
  log_id TEXT NOT NULL, project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,
  PRIMARY KEY(project_id, run_id, log_id)) STRICT, WITHOUT ROWID;
INSERT INTO run_log_reads VALUES('runlog_UjBjYWYwZGIzLTU1N2YtNWM4OC05ODg4LTA4M2E3NGEyOGY1ODsx','proj_9e03306b4b36a005c696eca52507a895','run_ead7ffff-5b1f-5dd2-95f1-9bbabf9e793a',1705746459643);
CREATE TABLE asset_sets(
  project_id TEXT,
  asset_id TEXT,
  formats TEXT,
  split TEXT,
  PRIMARY KEY(project_id, asset_id, formats)) STRICT, WITHOUT ROWID;
INSERT INTO asset_sets VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_001998fa-9a71-5893-b73d-3c84cf77c324','["yolo"]','train');
INSERT INTO asset_sets VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','["yolo"]','train');
CREATE TABLE export_misfits(
  project_id TEXT NOT NULL, format TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID;
INSERT INTO export_misfits VALUES('proj_00000000000000000000000000000001','keypoints_coco','it holds no poses');
CREATE TABLE identity(mirror_id TEXT NOT NULL) STRICT;
INSERT INTO identity VALUES('0123456789abcdef0123456789abcdef');
CREATE TABLE export_projects(
  project_id TEXT NOT NULL, folder TEXT NOT NULL, images INTEGER NOT NULL,
  annotations INTEGER NOT NULL, link TEXT,
  PRIMARY KEY(project_id)) STRICT, WITHOUT ROWID;
INSERT INTO export_projects VALUES('proj_00000000000000000000000000000001','proj_00000000000000000000000000000001',5,6,NULL);
INSERT INTO export_projects VALUES('proj_00000000000000000000000000000002','proj_00000000000000000000000000000002',2,4,NULL);
INSERT INTO export_projects VALUES('proj_00000000000000000000000000000003','proj_00000000000000000000000000000003',1,3,NULL);
INSERT INTO export_projects VALUES('proj_00000000000000000000000000000004','proj_00000000000000000000000000000004',3,3,NULL);
INSERT INTO export_projects VALUES('proj_9e03306b4b36a005c696eca52507a895','proj_9e03306b4b36a005c696eca52507a895',12,14,NULL);
CREATE TABLE narrow_syncs(
  sync_id INTEGER PRIMARY KEY, asked_for INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoints(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, cursor TEXT NOT NULL, done INTEGER NOT NULL,
  inserted INTEGER NOT NULL, complete INTEGER NOT NULL, problem TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
INSERT INTO checkpoints VALUES('proj_00000000000000000000000000000004','annotations','c2',2,1,1,'');
CREATE TABLE asset_counts(
  project_id TEXT NOT NULL, status TEXT NOT NULL, assets INTEGER NOT NULL,
  PRIMARY KEY(project_id, status)) STRICT, WITHOUT ROWID;
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000001','Annotated',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000001','Completed',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000001','None',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000001','Review',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000001','Tofix',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000002','Annotated',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000002','None',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000003','Annotated',1);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000004','Annotated',2);
INSERT INTO asset_counts VALUES('proj_00000000000000000000000000000004','None',1);
INSERT INTO asset_counts VALUES('proj_9e03306b4b36a005c696eca52507a895','Annotated',1);
INSERT INTO asset_counts VALUES('proj_9e03306b4b36a005c696eca52507a895','Completed',1);
INSERT INTO asset_counts VALUES('proj_9e03306b4b36a005c696eca52507a895','None',7);
INSERT INTO asset_counts VALUES('proj_9e03306b4b36a005c696eca52507a895','Review',3);
CREATE TABLE annotation_counts(
  project_id TEXT NOT NULL PRIMARY KEY, annotations INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO annotation_counts VALUES('proj_00000000000000000000000000000001',6);
INSERT INTO annotation_counts VALUES('proj_00000000000000000000000000000002',4);
INSERT INTO annotation_counts VALUES('proj_00000000000000000000000000000003',3);
INSERT INTO annotation_counts VALUES('proj_00000000000000000000000000000004',3);
INSERT INTO annotation_counts VALUES('proj_9e03306b4b36a005c696eca52507a895',14);
CREATE TABLE tag_counts(
  project_id TEXT NOT NULL, tag TEXT NOT NULL, annotations INTEGER NOT NULL,
  assets INTEGER NOT NULL,
  PRIMARY KEY(project_id, tag)) STRICT, WITHOUT ROWID;
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000001','car',5,4);
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000001','gato “negro”',1,1);
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000002','leaf',4,1);
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000003','hand',3,1);
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000004','indoor',2,2);
INSERT INTO tag_counts VALUES('proj_00000000000000000000000000000004','outdoor',1,1);
INSERT INTO tag_counts VALUES('proj_9e03306b4b36a005c696eca52507a895','person',14,5);
CREATE TABLE incoming(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, page INTEGER NOT NULL,
  doubtful INTEGER NOT NULL, rows BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, page)) STRICT;
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
INSERT INTO assets VALUES('asset_10000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','street 1.jpg','Completed',1700000000001,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000001/asset_10000001-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=018feaa4d894bbe479f49acc0e481d30febb239ff3c63439e6254474e18f44aa02ca6b1c377cac97166b8ca6ec596e76b53a2eea27c9a990578d91b226d55f158b7da91eb468f96736408d5923bb8def116ebfc1116374c12687d7daaba269e85e8c1498b8a4956e1d89418d0b07e9e6bd6e93f04d599ea97ab090c5f113a67bacc2d5e510ff36fcd36a20c2498786ff6f544c1832ca16013690dd9fbd8787ac6baeb45aa0614c55500967f842ae670cf5e6f58a7cd1446ccb69e708fc2b76384fd94ebc0cd631a6a1f2d61e513082cdb9f1f081bd4291ad6059ecd24fd5dc7ac4ebb13599d2b2b21ec94e183e7e9f6041a9d7d61dfbf19d81fec3fff133a342',1795785355000,1000,'image/jpeg',480,640,'{}','[{"count":1,"name":"car"},{"count":1,"name":"traffic light, red"}]',2,NULL);
INSERT INTO assets VALUES('asset_10000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','street_2.png','Annotated',1700000000002,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000001/asset_10000002-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=61102296a0408fa7b65df39374f13eab3d3b500d8e898de21cfe531e19a97f042a0a80e8103b126066b776ae4b6734293fd964e49bf2fb6b8731534144d30255281dc79139bf585f4a85ed70615262c8d6663ffa171171e344aab3615239c0fb1771652f4fad723c056189d504cf3d44f16fc5ee4be6ae500b88632c0b3d94a072673898da92f47eb6878b544783aa68eafdec0952f12c7378ec6d766fae9fba18cb4ca94039d26b18fe24d3d3e873a657a958b86b6e7019be28d70ae36d53a9b0a1a90a7e05c42a49a230ccd3f8fd6fbf7d6eaab2b6c3d0d88a996d076f5bdc53fe18cf3846e5e8cb8f713144792eed0103ce62715dcb68073dbc53554cff0a',1795785355000,2000,'image/png',50,100,'{}','[{"count":2,"name":"car"},{"count":1,"name":"gato “negro”"}]',3,NULL);
INSERT INTO assets VALUES('asset_10000003-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','empty.jpg','None',1700000000003,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000001/asset_10000003-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=30c43d89298e7658fc20932b194112427ac759ac0a897bde352b870c1dc51d612e1c9b8cdaccb57d27fedeccd82690c48a3998f187df92c80252c2c6e682ef94819ae2717e6e8afaf9b43dac4d9777da963aa1393dbb0b1bdee50546da275de13e3b10d4290523c8e3b1ecd22d24a4e62a1f4e2baabd13ee54dad63c6246935f8145d6d4b2702101a4d1080f19a66dba783dae058e5bb403e5e3f22a985c1a6c3c37defa86f6085bd28a1f60ee2af8a8837a0b8520c8c17352569831994fd429782919eea52f448871750ec3ffabf92eff355fee44622cf6f0528628dd731e021f11dc8034908d2546dcc6592cee65ff0ba87d4e07f2686bb7f406f76d5b7922',1795785355000,3000,'image/jpeg',240,320,'{}','[]',0,NULL);
INSERT INTO assets VALUES('asset_10000004-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','street_2.jpg','Review',1700000000004,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000001/asset_10000004-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=7703c5c092b30828309d72d07a6da262e99cf95750881f09b2aa086c784e8c01a683916c6706aa475a4d0379bc37267c02e3f6bb7975dbbe23ff37d132a363d7cdc49a72a2c6516dc65a9d36e864dc3b7041cc17b4af2139e0413a53e102824f68f0d275e0c45598d6e54bbf1390ddd14a74cd8e971cfb0def384b4163efb67acaf5d10bd4724ccbeb847e910435f8584980db6a6b7f65fa809bc127d55c37f905ac4aa92f700e39e944d0c33589b468fc43f0798d55813fcbc276ac552d1fe9672058c676d4d66acdf0e3548863780155186b617737490d41bd94ca8676819c500beee1722503f6f39d6ab2a9351504112eb237aaab713c40fd21dbbec5c95c',1795785355000,4000,'image/jpeg',50,100,'{}','[{"count":1,"name":"car"}]',1,NULL);
INSERT INTO assets VALUES('asset_10000005-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','../outside.jpg','Tofix',1700000000005,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000001/asset_10000005-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=82697bb905a29def5da84b8c8f78af3eff7b51090b3d9436a3b120b56a019b19f5ea5dcb521f9f118c712405f3f35b9cd56b4e7eb8c367dab1e9c89e3e936eb9aa4887b46cf7335a8a35042d6d50a056a80a18b434c9684125c7b11ed39609435d87c935eeafaea559c9aa08dcd2d9a85f71e940b7dfe9ec47bca6058d1d8721904ca8202f890e66797cbf58be23a4e5f891b4b8deeb19c84a9159bec9047262e915652201dd31e2a08c9bb6bb5b8c07989e8a80b1d90eaf4dcb8f4b7385054ff38cbaf545180d70a6794367cb6bade17e696ecda3b301cb22871e5776b153a0f40cfbd02aa1b9457ade843c4250f114a29e3a37547eeb253142a471b29b14ab',1795785355000,5000,'image/jpeg',64,64,'{}','[{"count":1,"name":"car"}]',1,NULL);
INSERT INTO assets VALUES('asset_20000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','tree.jpg','Annotated',1700000000001,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000002/asset_20000001-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=984945bbbaa7b63492ef6ff6afbbf81eb5ecafbe64ee88f3d3982996e41c8ba44a116ba44d449ee991e5c1a71c4980892c6b5ddc525cb183d500132459878a1954a2afc5bea8817d8ad5906336f5ddf0024c89f0993e273a5901c6f7a6327a45c0fff21ae1434155adf039729765388e46c6cac90c535a33535c83e7831b4740dd90ece674514faf65619da7714a09fd144ff9833f2264a819a8a2f1082ddb2abacd2f2e3897b15ac90fb2ad2238167a15f97c871ad73472102733c98fe6e5db551be78fc182455a742d443fb811213f8121dbc4d5e17a8d8f6b7b838e28b9ef367440faeadd3dfbf779de8209d2c8fdd8b9e119413843b5adbd4e7842374f63',1795785355000,1000,'image/jpeg',20,40,'{}','[{"count":4,"name":"leaf"}]',4,NULL);
INSERT INTO assets VALUES('asset_20000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','bare.jpg','None',1700000000002,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000002/asset_20000002-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=8d269227b530828544a41ac61a0ef332683674747363c8c5299d520d07d7b0e9650b4afe6c48b6267742f3ce9f8148627b490e4d4dc7d60056cf903757d8d95fec1d38c0412d9851335a441f3eb4af74e70c3e303e50c6aec73872d15545156a73d6a7da74b730cf95df94ef4f21a9643a9a6812f5cfa31d86325170dea5862bb5b862206ef368f6b21bf9176b352bc69fda5b3adf88af684c1190d2ff79c345e46b9282a0e8041a5a57a0cda2a355a3dfc914ebaf2f521f0d57dd57d3baa8029017ef895ffe4b82ada6549c4d6ef111c65bf6009b88c0f9a413022ac016263188440e1add1e520af9ad79d34af836982c4808af98a8498e1a1f96000ee35e7d',1795785355000,2000,'image/jpeg',20,40,'{}','[]',0,NULL);
INSERT INTO assets VALUES('asset_30000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000003','wave.jpg','Annotated',1700000000001,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000003/asset_30000001-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=bc126efeb83b2aea1fcfbcf8dc0a3a08bf80963bf2430a2dff708d56619dd7489b9602219f74834db03093ba1ee628f35fef23a875a025e357b5a29e0d9a452a1bdc924353912db038620849d03f95ce951d273ee8fc40b612062a2c629fe27ee6215d8926af8c9eeec6fd31dc0ede93ad228adbb5145ff6dc8f1e6b2b65e47b5ba116e4d29be65f4f281cd39b4788ea326d3f80e34a6d460d5b2a1a65d4f9e387840fffb93fc75307633e7314cc6e0c132c39849b36487833bc531a1bf2fa31d636c7329470e2131295c39744880295ccb05c1be7a2533e9a59e427f9a5a154b0a7e14a7ea4dc1347faf58ca60d80e8121624e18ffc6b9e88d3305e7523cd00',1795785355000,1000,'image/jpeg',100,200,'{}','[{"count":3,"name":"hand"}]',3,NULL);
INSERT INTO assets VALUES('asset_40000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','room.jpg','Annotated',1700000000001,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000004/asset_40000001-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=669c2c2c67cf071c033901b129dd22f0ebbcc0fed6267c1a82bd372133a1ddbd5ed12f806e84b9f962a437440895e8f89baa4d6a614330cd5dedc4c5669c62faaf9310f7588676b5dec31262e4b5e9a8624723fce97f7240d9e04b0d041af2548f8f502ce7927ea0b628de396bb9f4539be3c9a09ed92a990f3ea6e5880a19593595dfc68164bcdef9edf29b38a8cdd477a6b7cce40bb951c764dfe82799a57066d96d411e1a41ac75d9db4a2eafdd168afe8e15a2f4f07661d0f444cc300c4c26fa51ecae155aa8a7718712db6a8128ef4fdc1b33fdc8dc3e7d6a008066e490a8cd6a38a24baf03f3bcc649b422401bbb0ede42f95b0ce026d5d71abef772d0',1795785355000,1000,'image/jpeg',10,10,'{}','[{"count":1,"name":"indoor"}]',1,NULL);
INSERT INTO assets VALUES('asset_40000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','door.jpg','Annotated',1700000000002,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000004/asset_40000002-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=f9689e03207ba8c9eafaadb254586b05bc2bf8e5fae9e64aa3fbfcd31130643d0eb8acb6f31370a5a11d82082bb3743aa82a49a1ea700014bfaf95b2d8e9481fb5d9eb56cc6e0e8c984eab35423394d48c107179a867bc749c29c97b1aa31842843415a8058b679a44e3e5f944dbbc6cf6de14557918796f2688d55564effa754379badfff0be097938961ec608d1245d9220148e1aa1f854dcb2a28ec49fa1fc1c9b91c0ada5c9cbce5672c653ab2bfbb9564b0ccee8b82d0c61c5d6bf1b8d12218173de94efc5507ff62812f4c870bb28e24370892c267cdaa1544f0e6c5a079fbc619ee45e8f6aa00c91bae2f0ab82cbab9c6f1e007ead708e0a045156cd4',1795785355000,2000,'image/jpeg',10,10,'{}','[{"count":1,"name":"indoor"},{"count":1,"name":"outdoor"}]',2,NULL);
INSERT INTO assets VALUES('asset_40000003-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','blank.jpg','None',1700000000003,'https://storage.googleapis.com/nexus-emulator/proj_00000000000000000000000000000004/asset_40000003-0000-4000-8000-000000000000?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=4caa20537fcbec42e857ec2f1efbdbcbf61ce0d461768891c43679ccca66a1dc7acdeea4760993d4de9e8262348d81adc0fc86b9b5836d28c135b6faab044cc3c56c281ccb0411d99c4e7805a106024c5cb2321092909fb80089013614ea0c36d87915b181bf92416c6ae489cb81ed7b59957d4e4bbd40e8edcf0c55f59c199c7afb43c49314ecf0d3d256468b686f89d7d09fe8ebe9de8c1102f085b2920d893ae1b9d3078597201993774621e008f480dfeeeff954fb7b13e02f68efc37731b127fcdb4c50b3eb28e202576627964fc7361ee5f76dcbb249baaf1ed1900e09e3eed444e245d25a5744df3c40e205b5892e2d5047f0ab87e8c502ebbc490e6f',1795785355000,3000,'image/jpeg',10,10,'{}','[]',0,NULL);
INSERT INTO assets VALUES('asset_001998fa-9a71-5893-b73d-3c84cf77c324','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000001153.jpg','None',1705187696330,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_001998fa-9a71-5893-b73d-3c84cf77c324?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=5052e1e184c2c7e5315a743c0541b8921ec44760e3827a6c8f15fa5352978754fa581b26bf5defa0abc6df9b728de537570160d2afd34f0bf15649de6abd9959463489a4f10472a44abbba01a4cf65b54c0fe1b3432f4b35fd635004f46cbfb65b74aef8b56be7643a1392c909491366b7fdb141961e22d2dc9c86632d77f1a15e924677aef717e69c0185f84b06175807b69be57cc10ea1036692966dd4f598917bc46cda3163bfdc4c139229c6a476e96a8e5d0fb5a7baac3829c1a9cfbc4c09b11091e242f7ab3109cbd62d8f9b256c13ef6ed8bbeb1dea8038a72d358412638bb98de34208e644d15411e1957e7ed9122815969589890887c4a7af0f96d8',1795785355000,33750,'image/jpeg',375,500,'{"source":"cocoapi results","sourceImageId":1153}','[]',0,NULL);
INSERT INTO assets VALUES('asset_02a25d1d-bf31-563d-b386-0acc436aa814','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000761.jpg','Review',1705187684220,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_02a25d1d-bf31-563d-b386-0acc436aa814?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=24a34ae5ec26622fb6a8ee135891df91a946263b568461e43ef4f9e6174632b7f9fd5dba8c67dc65345709aa08904fea7eada1775a76b4122c627dc826e87f1d315229a6ec19b40505883d9a8d68ca1888cbef2ef2df8b4984e48a1b0b8d2ebacac9566b78d510fc62af0518d8a017903291f537593f9ffa577a9e5a791d6935e24e18bdfabc87ef87d9b7f2b2b4850e9b2c571d02dcf51f5b702b17ab1733f33878b0ca790e863111b7aec8504236b95b6f31a0f9f29d4b028ee577baf60fbdca383e8f807b2fa20b314a6d328e04611d342c9f5b7a26a76743424eb5db33769bc452272dd98d7cf5688b4be19976b51d25ba9d10132c935b023347001a23e4',1795785355000,61440,'image/jpeg',480,640,'{"source":"cocoapi results","sourceImageId":761}','[{"count":7,"name":"person"}]',7,NULL);
INSERT INTO assets VALUES('asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000428.jpg','Annotated',1705187670380,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=f3c95c60df2e8d77ee0781ad12a97ffac530379ad3a44702902d43bf6f28dde524ab881a714392cb372b1ef6ddb0fe9584eb36d61f2274f161e7c08a2106b03304f22f8f63f33a63756ea2b6c78d9377450ecd9c33e6a4a4c79bed3568e2fdf21a1d82021de3aab6def8bdb9ecf7e14756d10dca91bf8c15ba4b77111759f0d7e8cead79d9b4f1a1c03d8c8933c7920f6bbc5c65d301089bd785b3738aa6f92eac99522c33e28be5406b864fb7b5c92a06fe9aedafcc3a1af2bcb67a6d2cffc95137618f7de3dcf207a58fd955725c0ea887afa04f98c937f200d1a8f0ea1bc00dc2a42bdc303533009372d4bc97365ce186447851dabb40af350afe1882a5ad',1795785355000,27648,'image/jpeg',360,640,'{"source":"cocoapi results","sourceImageId":428}','[{"count":1,"name":"person"}]',1,NULL);
INSERT INTO assets VALUES('asset_05ed6fd8-e258-5d54-a75b-01bf7b365469','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000831.jpg','Review',1705187687680,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_05ed6fd8-e258-5d54-a75b-01bf7b365469?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=ad7de7089610915f80fab858a6232aa7744d01d7cd18667a9bb1ae02695dbdaf59b592d5543da9b28a71b4ac7a78595e5ac1ebccf1e66a0a2160b388dcd07699a92f7b60438890b381ae3f69fff0f5b0fe33bd2f6e3fa7b482199b8321d7d71de1045f872050468b0c7409e5c98043395e779fb6855acdbff1e27dd72ec5c5e2b1adf32fe136275f848076206584bcb57bbd0eeb7d0f947a27b554e023a6b18bf04e4929be7a7268518765712935b575b407d0a6a672f5d2e5c4c0f762ab2818734197f051f53ed5aa00c11c8d95fd55c4f41dd776c9edd21206cbf46b85f0fc8706bf2b56e8b39bc7a5e50fd2b1f513f4ed6097c96be8f40a1bbaa68c48562d',1795785355000,39960,'image/jpeg',500,333,'{"source":"cocoapi results","sourceImageId":831}','[{"count":1,"name":"person"}]',1,NULL);
INSERT INTO assets VALUES('asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000257.jpg','Completed',1705187665190,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=f9fb806f56add550bc3c8b5abee7402326c3cb8790689f1a6aeed411826c550d79de9d8b3603b08945e33f907c28efd5d045de16caa7b9e4ae561cfb0b7d4a24f0f388320a777c5b8c8750b3055bb7edd637b924f07be01fae269a5c564226b41197510c877dbda8e8a5d10aeb7cf8c740ae5e9b60fd5c994805dc1bcca52b7d59b6e1cb100fc08b0e513ee9a543bce6882e579f23e37ac81f38ae12fbe167eb34e6ccf8220d07d3da2e39b97bf66b7405ce098b225ba76ebe81c55256120157ad24327ae5a5804813fe72c473f805c49c2edcb67fc60d7e8d2c8f3da5f18e25e76ba37b3f73c78e41ceda9ec15a323969314f557af24ffd0c4b9f179619e3b3',1795785355000,58368,'image/jpeg',480,640,'{"source":"cocoapi results","sourceImageId":257}','[{"count":4,"name":"person"}]',4,NULL);
INSERT INTO assets VALUES('asset_12d0f9d4-73ad-5a48-b696-2c114861bf46','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000724.jpg','None',1705187682490,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_12d0f9d4-73ad-5a48-b696-2c114861bf46?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=f62ce008217dbf699e06ce20b75ae615d46cce70c8ec9d810016b56fcb0d8a573d1e259f7caa6e34cd5c8489bd2632fea94e555ee2ac2cd17d95f0a332a44e2a73053cdf1c841f3f1d3210d9b402243366a1600c531de75db042f386a59a8392883a23d0c75e114ab83e8ce624727ec9a9a36e9b675f45c9f95bb32dbe7832279412a39d648970128cda96d8e7f7c143657760185b7f7b3e540696b940faebdfbd1c9aecb4d13a03bbb21c9aff5621c82fb1f1f5c43fdc7fadcc20ef2de65aeda588a6dfc5669ff144cc21b8d486c1bc49eb6d9d0eddb383bd33da07c1f55ecc1526984e7c05fc4841d1d3dbc352afdfaa03b991a0aed2fd657e4e1cc56e0927',1795785355000,45000,'image/jpeg',500,375,'{"source":"cocoapi results","sourceImageId":724}','[]',0,NULL);
INSERT INTO assets VALUES('asset_16695f32-60ce-5ab9-a658-7fe991f46bb7','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000415.jpg','Review',1705187670380,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_16695f32-60ce-5ab9-a658-7fe991f46bb7?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=abaf873e08b32757e34af1ac8602e2d2d87801aa5510519d42e3fc4e456c3a3e982c1ad2640949b8e28ece0e3c5f2011bb5de9b208e386976d41127f813dc1aa5dd8cde3908079c0cd83ae7472ab807ba1e89d62421a818e06287090bedf4cee7495eb4b419d7364f62a5717a011dc8c478e43258dfcd9414dae4c81d49f4b28ebb43bb6c11d9c75fbb91f3ecfebb06681af911b87685f274e88fe2c5088909ad04db58f38fefc6ed52ef83e71bd7b2a679848d84614479fca970dac8e582fed770f15c9815109a32d391819737df76483186f7afa4f9af9023d071b5612f48f2bda8d986f6ef3c8ca1f4167e301177922ad8e7ebf7e88d9ab5baf32f69bdeda',1795785355000,29868,'image/jpeg',640,359,'{"source":"cocoapi results","sourceImageId":415}','[{"count":1,"name":"person"}]',1,NULL);
INSERT INTO assets VALUES('asset_16c68a85-b4d7-56a6-9102-42dec9f5f2c8','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000923.jpg','None',1705187689410,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_16c68a85-b4d7-56a6-9102-42dec9f5f2c8?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=7c87c12f8233515c825130267adede3467029b6badaaa568abe2a0a34c00622b93e2566d027a51daa782edef0d854ab052966bf8916e5243ceea13d15c43f32c531a8cda44e49798f8ac22708e3befaefb51f74496f6225c474a8dec804bb29475a24e89d4542466f28de629a84f82747456bd10f5bbfc6c19b1a587c7c39cdec5178207e2b3e2f471ce663e55e04d725aef58c0e519fafe86c0adb36362a6e3393ba43fc083eeee2b7828837647a6ee3382a00f63556e04315cc9beeeb1ce003759035adffe9c846fd4aab79563ebcec8290129dafb6e56bf1651857e8f17fe99d145decd12c74cf22dd70604c1aa77bc0f8efac3e9f68381a6c1e836657339',1795785355000,71392,'image/jpeg',485,640,'{"source":"cocoapi results","sourceImageId":923}','[]',0,NULL);
INSERT INTO assets VALUES('asset_184107b5-53e6-51cb-9ad9-2cf2d54bd437','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000357.jpg','None',1705187666920,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_184107b5-53e6-51cb-9ad9-2cf2d54bd437?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=db0a02c903c306a62a7b540408ac6c4b9e3f1e7d56f9def61822a92e60b6d7ce77842c2311ff2d281e402ce524da4b578580f06886af7bdd226128cfbe4a3beba446a06a25f0c1c1400767eb4b6c997dce03cb2c6cf7ffbc10a4eff6c22590645a3e0f84edf3976e16727cbd0bb12ffb87ef83e6d9ecea1703a1a405b2ad8289f753f415cef69293f43ae80de55edc6e2bc28f567e47df6ad8cacf6f85a4254fe6481599e6b59fe5a7c7576490171ad1a3ace91eb7ca87f1eb029533fc3dca26f276ae3cc3e689be066368731b1fd52119ab98d11368497fd9a0f53a35772be346e3419ae7769fb9f080b40dffcff4784a2d3c4753c72e7b5ce58061ec249d25',1795785355000,36275,'image/jpeg',218,640,'{"source":"cocoapi results","sourceImageId":357}','[]',0,NULL);
INSERT INTO assets VALUES('asset_1c1c9b8a-c378-5334-b39a-50a1250eb2ff','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000636.jpg','None',1705187679030,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_1c1c9b8a-c378-5334-b39a-50a1250eb2ff?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=d8fc1b8a629ed65e144a5c7a20c5d086fbf6923a36630d1e532215a576af2167fccd3ac23a0cd4a40f1bba166dadc9d945f0bfe5c468ac5b3f02f26f4827621fa6222c12defb9cae8557bea80c46a7ad5d97739ab5daed7ddc9406f4333ce9bba0887dbf9d16e5b1df6c5cd3711757e001e8de2bf68d0cdc2f010eef07abf24ffbc7ed494a5dc55f54317c922db7f7d6718365eb8017bf604e5390b3014de7bb495b6cef4c5215250a8e58b5feaa51de165654527a20ba44e72ba0de44a9c8c7894f58513e050744e9386e870e419ca724d94038b68d92f8bc8814fc2116578e776ba1c38c52e9aae0d96b938daf127fa8189e7c1f1a3041c5f9f43573ba1cfb',1795785355000,43008,'image/jpeg',640,480,'{"source":"cocoapi results","sourceImageId":636}','[]',0,NULL);
INSERT INTO assets VALUES('asset_1ef08917-c7fa-52cf-b073-20a375ba719e','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000502.jpg','None',1705187673840,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_1ef08917-c7fa-52cf-b073-20a375ba719e?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=01983864ee4c09b85073a2370e67b16c9b0029cf59147ff84a3b937642effff11317a312c7f5dba5d8352d0a0109f5476a1bc94e84fee43093a7e5d12ce0f1dcdf77c55a60cb2ae03668ab6ab0e98afb086126d65963bd217d50fd494d1126d9dcd741bc80645f6ebb8ef03ce59bcea4d03c8823871ae759f4b384ab013113c4b6d6836c397991691a68b8affbbbd5c8e0006426c8cbdf5ef411df3eb9816912270d0904164a91dd81724bb7c15d5348390e9ddd01cff8b6b8d052271323c0795078525c532c7a8cd69b333fdc428ab897296abc58d549203aa086c44627b1876048efd230108ff3ce95aaa2cdd111f542c755858d8ee309725b33e4bc12ded2',1795785355000,43724,'image/jpeg',427,640,'{"source":"cocoapi results","sourceImageId":502}','[]',0,NULL);
INSERT INTO assets VALUES('asset_1fdfa681-64bd-543e-aea8-ebfe60bbd5bc','proj_9e03306b4b36a005c696eca52507a895','COCO_val2014_000000000472.jpg','None',1705187672110,'https://storage.googleapis.com/nexus-emulator/proj_9e03306b4b36a005c696eca52507a895/asset_1fdfa681-64bd-543e-aea8-ebfe60bbd5bc?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=nexus-emulator%40datature.iam.gserviceaccount.com%2F20261126%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=20261126T131555Z&X-Goog-Expires=86400&X-Goog-SignedHeaders=host&X-Goog-Signature=f3c7e27aef8674b3e00ad1b8a2ee45e1b20d93b565addcebcda08a175c36bb5f00a2f5a6729a825942f9e2eec43d1585236338615e2ba5f0abf6ea520c992b2c5e80f7fb6b68aaa217c2b2fe6ac434c5bc620aeddc7bb5d4faf5b1caa514d96332ad3f78365b575bc3406c520e3dc8f89d955a26c164d2a22bc0394984b8bb0b8ebb303bea3e0631e89592919b8f5807d617713069f9bdb5886f3ea7809f5aa2d1202260dd71cab3d615646a07afafc1c8dd024292dc49da6d796e3389920a85b11e59a96053a93c0d17d36d8b77fd9a80537b0e9c643577675ce0ba3df89f14641309d27a72e40d439cb6814e8177bc93770ac0de59a3771c7ad4714b2ace40',1795785355000,26035,'image/jpeg',226,640,'{"source":"cocoapi results","sourceImageId":472}','[]',0,NULL);
CREATE TABLE asset_groups(
  project_id TEXT NOT NULL,
  asset_id TEXT NOT NULL,
  name TEXT NOT NULL,
  extra TEXT) STRICT;
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_001998fa-9a71-5893-b73d-3c84cf77c324','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_05ed6fd8-e258-5d54-a75b-01bf7b365469','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000001-0000-4000-8000-000000000000','g1',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000001-0000-4000-8000-000000000000','g2',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000002-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000002-0000-4000-8000-000000000000','night',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000003-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000004-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000001','asset_10000005-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_12d0f9d4-73ad-5a48-b696-2c114861bf46','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_16695f32-60ce-5ab9-a658-7fe991f46bb7','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_16c68a85-b4d7-56a6-9102-42dec9f5f2c8','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_184107b5-53e6-51cb-9ad9-2cf2d54bd437','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_1c1c9b8a-c378-5334-b39a-50a1250eb2ff','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_1ef08917-c7fa-52cf-b073-20a375ba719e','main',NULL);
INSERT INTO asset_groups VALUES('proj_9e03306b4b36a005c696eca52507a895','asset_1fdfa681-64bd-543e-aea8-ebfe60bbd5bc','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000002','asset_20000001-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000002','asset_20000002-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000003','asset_30000001-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000004','asset_40000001-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000004','asset_40000002-0000-4000-8000-000000000000','main',NULL);
INSERT INTO asset_groups VALUES('proj_00000000000000000000000000000004','asset_40000003-0000-4000-8000-000000000000','main',NULL);
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
INSERT INTO annotations VALUES('annot_00000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000001-0000-4000-8000-000000000000','car','Rectangle','[[0.25,0.5],[0.25,0.875],[0.75,0.875],[0.75,0.5]]',0.25,0.5,0.75,0.875,1700000000001,NULL,NULL,NULL,NULL,NULL,NULL,'{"y":3}');
INSERT INTO annotations VALUES('annot_00000003-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000002-0000-4000-8000-000000000000','gato “negro”','Rectangle','[[0.5,0.5],[0.5,0.5],[0.5,0.5],[0.5,0.5]]',0.5,0.5,0.5,0.5,1700000000003,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000004-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000002-0000-4000-8000-000000000000','car','Rectangle','[[-0.1,0.2],[-0.1,1.4],[0.3,1.4],[0.3,0.2]]',-0.10000000000000000555,0.2000000000000000111,0.29999999999999998889,1.3999999999999999111,1700000000004,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000005-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000002-0000-4000-8000-000000000000','car','Polygon','[[0.1,0.1],[0.9,0.1],[0.5,0.9]]',0.10000000000000000555,0.10000000000000000555,0.9000000000000000222,0.9000000000000000222,1700000000005,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000006-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000004-0000-4000-8000-000000000000','car','Rectangle','[[0.123456789,0.2],[0.123456789,0.75],[0.987654321,0.75],[0.987654321,0.2]]',0.12345678899999999733,0.2000000000000000111,0.98765432099999994619,0.75,1700000000006,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000007-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','asset_10000005-0000-4000-8000-000000000000','car','Rectangle','[[0,0],[0,1],[1,1],[1,0]]',0.0,0.0,1.0,1.0,1700000000007,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000008-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','asset_20000001-0000-4000-8000-000000000000','leaf','Polygon','[[0.1,0.1],[0.6,0.1],[0.6,0.6],[0.1,0.6]]',0.10000000000000000555,0.10000000000000000555,0.59999999999999997779,0.59999999999999997779,1700000000008,NULL,NULL,NULL,NULL,NULL,NULL,'{"y":3}');
INSERT INTO annotations VALUES('annot_00000009-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','asset_20000001-0000-4000-8000-000000000000','leaf','Polygon','[[0.5,0.5],[0.7,0.9],[0.3,0.8],[0.9,0.55],[0.2,0.6]]',0.2000000000000000111,0.5,0.9000000000000000222,0.9000000000000000222,1700000000009,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000010-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','asset_20000001-0000-4000-8000-000000000000','leaf','Polygon','[[0.2,0.2],[0.4,0.4]]',0.2000000000000000111,0.2000000000000000111,0.4000000000000000222,0.4000000000000000222,1700000000010,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000011-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','asset_20000001-0000-4000-8000-000000000000','leaf','Polygon','[[0.8,0.8],[1.2,0.8],[1.2,1.1]]',0.8000000000000000444,0.8000000000000000444,1.1999999999999999555,1.1000000000000000888,1700000000011,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000012-0000-4000-8000-000000000000','proj_00000000000000000000000000000003','asset_30000001-0000-4000-8000-000000000000','hand','Keypoints','[[0.5,0.5,2],[0.25,0.75,1],[0.9,0.9,0]]',0.25,0.5,0.5,0.75,1700000000012,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000013-0000-4000-8000-000000000000','proj_00000000000000000000000000000003','asset_30000001-0000-4000-8000-000000000000','hand','Keypoints','[[0.1,0.2,2],[0.3,0.4,2]]',0.10000000000000000555,0.2000000000000000111,0.29999999999999998889,0.4000000000000000222,1700000000013,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000014-0000-4000-8000-000000000000','proj_00000000000000000000000000000003','asset_30000001-0000-4000-8000-000000000000','hand','Keypoints','[[0.1,0.2,0],[0.3,0.4,0],[0.5,0.6,0]]',NULL,NULL,NULL,NULL,1700000000014,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000015-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','asset_40000001-0000-4000-8000-000000000000','indoor','Classification','[]',NULL,NULL,NULL,NULL,1700000000015,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000016-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','asset_40000002-0000-4000-8000-000000000000','indoor','Classification','[]',NULL,NULL,NULL,NULL,1700000000016,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00000017-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','asset_40000002-0000-4000-8000-000000000000','outdoor','Classification','[]',NULL,NULL,NULL,NULL,1700000000017,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_00c138d6-b3a2-5c27-85dc-94af275ab689','proj_9e03306b4b36a005c696eca52507a895','asset_16695f32-60ce-5ab9-a658-7fe991f46bb7','person','Keypoints','[[0.35376044568245124,0.4421875,2],[0.20384907571532032,0.5526988636359376,0],[0.3370473537604457,0.43125,2],[0.20384907571532032,0.5526988636359376,0],[0.2924791086350975,0.4375,2],[0.27298050139275765,0.4953125,2],[0.2200557103064067,0.465625,2],[0.20384907571532032,0.5526988636359376,0],[0.16991643454038996,0.5515625,2],[0.20384907571532032,0.5526988636359376,0],[0.19498607242339833,0.6046875,2],[0.10027855153203342,0.590625,2],[0.04456824512534819,0.553125,2],[0.12256267409470752,0.6953125,2],[0.20384907571532032,0.5526988636359376,0],[0.13370473537604458,0.8125,2],[0.20384907571532032,0.5526988636359376,0]]',0.04456824512534818955,0.4312500000000000222,0.35376044568245124111,0.8125,1705274070380,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_1f69db99-8fb6-5a6a-9a46-ea75fcd007c7','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.25,0.3,2],[0.253125,0.29375,2],[0.26163194444375,0.38680555555624996,0],[0.2671875,0.29375,2],[0.26163194444375,0.38680555555624996,0],[0.278125,0.32083333333333336,1],[0.26163194444375,0.38680555555624996,0],[0.26875,0.37083333333333335,2],[0.26163194444375,0.38680555555624996,0],[0.234375,0.36041666666666666,2],[0.26163194444375,0.38680555555624996,0],[0.275,0.4375,1],[0.26163194444375,0.38680555555624996,0],[0.259375,0.5104166666666666,2],[0.26163194444375,0.38680555555624996,0],[0.26875,0.59375,2],[0.26163194444375,0.38680555555624996,0]]',0.234375,0.2937500000000000111,0.2781250000000000111,0.59375,1705274109420,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_34c02948-9b56-5ef3-b9b2-f3da59d23add','proj_9e03306b4b36a005c696eca52507a895','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','person','Keypoints','[[0.465625,0.78446969696875,0],[0.465625,0.78446969696875,0],[0.465625,0.78446969696875,0],[0.465625,0.78446969696875,0],[0.465625,0.78446969696875,0],[0.4515625,0.7354166666666667,2],[0.4734375,0.73125,2],[0.446875,0.7604166666666666,2],[0.484375,0.75,2],[0.44375,0.7770833333333333,2],[0.465625,0.78446969696875,0],[0.4578125,0.7770833333333333,2],[0.4734375,0.7729166666666667,2],[0.4625,0.8145833333333333,2],[0.478125,0.8125,2],[0.465625,0.85,2],[0.484375,0.8479166666666667,2]]',0.44374999999999997779,0.73124999999999995559,0.484375,0.84999999999999997779,1705274073590,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_34faace3-b832-530d-8c04-c541c5705cd1','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.0265625,0.6020833333333333,2],[0.153125,0.54375,2],[0.169140625,0.7046875,0],[0.2375,0.69375,2],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.259375,0.9791666666666666,2],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0],[0.169140625,0.7046875,0]]',0.026562499999999999306,0.54374999999999995559,0.2593750000000000222,0.97916666666666662965,1705274096820,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_4a41e59a-4308-5195-a012-ef1c61f64e42','proj_9e03306b4b36a005c696eca52507a895','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','person','Keypoints','[[0.50625,0.7083333333333334,2],[0.5109375,0.70625,2],[0.5078125,0.7041666666666667,2],[0.51875,0.7083333333333334,2],[0.5111607142859376,0.7589285714291666,0],[0.5203125,0.7270833333333333,2],[0.5109375,0.725,2],[0.5203125,0.7541666666666667,2],[0.5111607142859376,0.7589285714291666,0],[0.50625,0.74375,2],[0.5111607142859376,0.7589285714291666,0],[0.515625,0.775,2],[0.503125,0.7729166666666667,2],[0.5125,0.8104166666666667,2],[0.503125,0.8083333333333333,2],[0.5140625,0.8416666666666667,2],[0.50625,0.8395833333333333,2]]',0.5031250000000000444,0.70416666666666671847,0.52031249999999995559,0.84166666666666667406,1705274077790,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_50244962-0415-5020-9e4f-255a9ddd77de','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.5140625,0.29375,2],[0.5171875,0.2791666666666667,2],[0.5046875,0.2833333333333333,2],[0.5180208333328125,0.42777777777708337,0],[0.5180208333328125,0.42777777777708337,0],[0.5546875,0.32083333333333336,2],[0.4828125,0.32083333333333336,2],[0.59375,0.3625,2],[0.4671875,0.375,2],[0.575,0.41458333333333336,2],[0.46875,0.4125,2],[0.525,0.44166666666666665,2],[0.4875,0.44166666666666665,2],[0.525,0.5791666666666667,2],[0.4953125,0.575,2],[0.5453125,0.6645833333333333,2],[0.5140625,0.6520833333333333,2]]',0.46718749999999997779,0.27916666666666667406,0.59375,0.66458333333333330372,1705274092620,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_53e8ff37-0e56-5de5-87ca-9b0b45f74a0e','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.903125,0.34375,2],[0.94375,0.34375,2],[0.8921875,0.41458333333333336,1],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.921875,0.44583333333333336,2],[0.9453125,0.44583333333333336,1],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0],[0.92125,0.39875,0]]',0.8921875000000000222,0.34375,0.9453125,0.44583333333333335923,1705274088420,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_5e40d7d3-ffb5-50df-bb15-6f57aa8383db','proj_9e03306b4b36a005c696eca52507a895','asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb','person','Keypoints','[[0.5625,0.36666666666666664,2],[0.6171875,0.325,2],[0.5359375,0.3194444444444444,2],[0.715625,0.43333333333333335,2],[0.6128125,0.5997222222222223,0],[0.7375,0.6416666666666667,2],[0.50625,0.6666666666666666,2],[0.8296875,0.9166666666666666,1],[0.446875,0.9694444444444444,2],[0.7921875,0.5166666666666667,2],[0.384375,0.8416666666666667,2],[0.6128125,0.5997222222222223,0],[0.6128125,0.5997222222222223,0],[0.6128125,0.5997222222222223,0],[0.6128125,0.5997222222222223,0],[0.6128125,0.5997222222222223,0],[0.6128125,0.5997222222222223,0]]',0.3843750000000000222,0.31944444444444441977,0.8296875000000000222,0.96944444444444444197,1705274070380,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_67512bba-9d98-5cec-b063-e0afae378319','proj_9e03306b4b36a005c696eca52507a895','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','person','Keypoints','[[0.389302884615625,0.7615384615374999,0],[0.389302884615625,0.7615384615374999,0],[0.389302884615625,0.7615384615374999,0],[0.3921875,0.6916666666666667,2],[0.389302884615625,0.7615384615374999,0],[0.378125,0.7083333333333334,2],[0.4015625,0.7166666666666667,2],[0.3734375,0.7333333333333333,2],[0.40625,0.74375,2],[0.3765625,0.75,2],[0.4078125,0.7729166666666667,1],[0.38125,0.7625,2],[0.396875,0.7645833333333333,2],[0.3796875,0.7979166666666667,2],[0.396875,0.7958333333333333,2],[0.375,0.83125,2],[0.3953125,0.83125,2]]',0.37343749999999997779,0.69166666666666665186,0.4078125000000000222,0.8312500000000000444,1705274069390,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_a3355b79-7fe6-5fab-8fa9-b32eb1818fee','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.3828125,0.29375,2],[0.3683333333328125,0.5188888888895833,0],[0.36875,0.2791666666666667,2],[0.3683333333328125,0.5188888888895833,0],[0.33125,0.275,2],[0.4125,0.3625,2],[0.2953125,0.31875,2],[0.4609375,0.46875,2],[0.2875,0.42916666666666664,2],[0.4625,0.5395833333333333,2],[0.2890625,0.5,2],[0.3875,0.5770833333333333,2],[0.31875,0.5729166666666666,2],[0.35,0.74375,2],[0.3734375,0.7354166666666667,2],[0.3640625,0.8729166666666667,2],[0.440625,0.8145833333333333,2]]',0.28749999999999997779,0.2750000000000000222,0.4625000000000000222,0.87291666666666667406,1705274105220,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_acd359d9-1905-51e9-a955-5db33dde8d15','proj_9e03306b4b36a005c696eca52507a895','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','person','Keypoints','[[0.25,0.75,2],[0.253125,0.7416666666666667,2],[0.26953125,0.8220833333333334,0],[0.265625,0.7395833333333334,2],[0.26953125,0.8220833333333334,0],[0.2703125,0.76875,2],[0.2984375,0.7645833333333333,1],[0.253125,0.8333333333333334,2],[0.26953125,0.8220833333333334,0],[0.234375,0.8770833333333333,2],[0.26953125,0.8220833333333334,0],[0.2828125,0.8854166666666666,2],[0.3109375,0.8854166666666666,2],[0.2765625,0.975,2],[0.26953125,0.8220833333333334,0],[0.26953125,0.8220833333333334,0],[0.26953125,0.8220833333333334,0]]',0.234375,0.73958333333333337034,0.31093749999999997779,0.97499999999999997779,1705274065190,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_ad48b9a7-1aa7-5251-9650-460ecbfb9413','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.8015625,0.35833333333333334,1],[0.8015625,0.33541666666666664,1],[0.85360576923125,0.5945512820520834,0],[0.83125,0.33541666666666664,2],[0.85360576923125,0.5945512820520834,0],[0.8453125,0.4479166666666667,2],[0.8953125,0.40208333333333335,2],[0.8765625,0.6291666666666667,2],[0.9421875,0.5708333333333333,2],[0.865625,0.7666666666666667,2],[0.9359375,0.6833333333333333,2],[0.821875,0.7104166666666667,2],[0.8546875,0.675,2],[0.8171875,0.9145833333333333,2],[0.8078125,0.9,2],[0.85360576923125,0.5945512820520834,0],[0.85360576923125,0.5945512820520834,0]]',0.80156249999999995559,0.33541666666666664076,0.94218749999999995559,0.91458333333333330372,1705274084220,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_b62f917e-242e-57c3-847d-46c7bfbb32f4','proj_9e03306b4b36a005c696eca52507a895','asset_05ed6fd8-e258-5d54-a75b-01bf7b365469','person','Keypoints','[[0.6366366366366366,0.302,2],[0.6546546546546547,0.294,2],[0.6306306306306306,0.294,2],[0.6966966966966966,0.274,2],[0.6409534534534534,0.371875,0],[0.7447447447447447,0.298,2],[0.5915915915915916,0.318,2],[0.7627627627627628,0.38,2],[0.5645645645645646,0.4,2],[0.6666666666666666,0.412,2],[0.5435435435435435,0.492,2],[0.7087087087087087,0.398,2],[0.6396396396396397,0.392,2],[0.7177177177177178,0.356,2],[0.5945945945945946,0.358,2],[0.6336336336336337,0.496,2],[0.46846846846846846,0.486,2]]',0.46846846846846845746,0.27400000000000002131,0.76276276276276278043,0.49599999999999999644,1705274087680,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO annotations VALUES('annot_f222a572-652e-52a9-8e63-caf27bff042c','proj_9e03306b4b36a005c696eca52507a895','asset_02a25d1d-bf31-563d-b386-0acc436aa814','person','Keypoints','[[0.10491071428578125,0.36919642857083335,0],[0.10491071428578125,0.36919642857083335,0],[0.10491071428578125,0.36919642857083335,0],[0.109375,0.30833333333333335,2],[0.121875,0.3104166666666667,2],[0.103125,0.325,2],[0.1234375,0.33125,2],[0.0890625,0.33958333333333335,2],[0.13125,0.35208333333333336,2],[0.075,0.35,2],[0.134375,0.3729166666666667,2],[0.09375,0.3770833333333333,2],[0.1078125,0.37916666666666665,2],[0.0875,0.41458333333333336,2],[0.0953125,0.41458333333333336,2],[0.0953125,0.4479166666666667,2],[0.1015625,0.44583333333333336,2]]',0.074999999999999997224,0.30833333333333334813,0.13437499999999999444,0.44791666666666668517,1705274101020,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE page_digests(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, by_parent INTEGER NOT NULL,
  first_row INTEGER NOT NULL, runs TEXT NOT NULL, digest BLOB NOT NULL,
  rows_digest BLOB NOT NULL, request BLOB, etag TEXT, next TEXT, seal BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, by_parent, first_row)) STRICT, WITHOUT ROWID;
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
INSERT INTO files VALUES('assets','asset_10000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','ok','0000000000000000000000000000000000000000000000000000000000000001',3,'image/jpeg',NULL,'AAAAAA==','AAAAAAAAAAAAAAAAAAAAAA==',1795844053600,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_10000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','failed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'asking http://127.0.0.1:1/projects/proj_00000000000000000000000000000001/assets/asset_10000001-0000-4000-8000-000000000000: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO files VALUES('assets','asset_10000003-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','ok','0000000000000000000000000000000000000000000000000000000000000003',3,'image/jpeg',NULL,'AAAAAA==','AAAAAAAAAAAAAAAAAAAAAA==',1795844053600,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_10000004-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','failed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'asking http://127.0.0.1:1/projects/proj_00000000000000000000000000000001/assets/asset_10000001-0000-4000-8000-000000000000: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO files VALUES('assets','asset_10000005-0000-4000-8000-000000000000','proj_00000000000000000000000000000001','failed',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,'asking http://127.0.0.1:1/projects/proj_00000000000000000000000000000001/assets/asset_10000001-0000-4000-8000-000000000000: no connection to 127.0.0.1:1: Connection refused; check the endpoint and the network');
INSERT INTO files VALUES('assets','asset_20000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_20000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000002','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_30000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000003','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_40000001-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_40000002-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_40000003-0000-4000-8000-000000000000','proj_00000000000000000000000000000004','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_001998fa-9a71-5893-b73d-3c84cf77c324','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_02a25d1d-bf31-563d-b386-0acc436aa814','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_05ed6fd8-e258-5d54-a75b-01bf7b365469','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_12d0f9d4-73ad-5a48-b696-2c114861bf46','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_16695f32-60ce-5ab9-a658-7fe991f46bb7','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_16c68a85-b4d7-56a6-9102-42dec9f5f2c8','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_184107b5-53e6-51cb-9ad9-2cf2d54bd437','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_1c1c9b8a-c378-5334-b39a-50a1250eb2ff','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_1ef08917-c7fa-52cf-b073-20a375ba719e','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
INSERT INTO files VALUES('assets','asset_1fdfa681-64bd-543e-aea8-ebfe60bbd5bc','proj_9e03306b4b36a005c696eca52507a895','missing',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE file_queue(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  PRIMARY KEY(project_id, entity, entity_id)) STRICT, WITHOUT ROWID;
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000001','assets','asset_10000002-0000-4000-8000-000000000000',1795844113630);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000001','assets','asset_10000004-0000-4000-8000-000000000000',1795844113630);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000001','assets','asset_10000005-0000-4000-8000-000000000000',1795844113630);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000002','assets','asset_20000001-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000002','assets','asset_20000002-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000003','assets','asset_30000001-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000004','assets','asset_40000001-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000004','assets','asset_40000002-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_00000000000000000000000000000004','assets','asset_40000003-0000-4000-8000-000000000000',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_001998fa-9a71-5893-b73d-3c84cf77c324',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_02a25d1d-bf31-563d-b386-0acc436aa814',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_03643e70-ddc7-5f21-96d2-b9b4a55a57cb',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_05ed6fd8-e258-5d54-a75b-01bf7b365469',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_081aca6b-2e33-5b83-a4ee-a55bd65fde2f',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_12d0f9d4-73ad-5a48-b696-2c114861bf46',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_16695f32-60ce-5ab9-a658-7fe991f46bb7',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_16c68a85-b4d7-56a6-9102-42dec9f5f2c8',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_184107b5-53e6-51cb-9ad9-2cf2d54bd437',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_1c1c9b8a-c378-5334-b39a-50a1250eb2ff',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_1ef08917-c7fa-52cf-b073-20a375ba719e',0);
INSERT INTO file_queue VALUES('proj_9e03306b4b36a005c696eca52507a895','assets','asset_1fdfa681-64bd-543e-aea8-ebfe60bbd5bc',0);
CREATE TABLE file_state(
  dir TEXT NOT NULL, settings TEXT NOT NULL, seq INTEGER NOT NULL) STRICT;
INSERT INTO file_state VALUES('/srv/mirror/files','{"images":["proj_00000000000000000000000000000001","proj_00000000000000000000000000000002","proj_00000000000000000000000000000003","proj_00000000000000000000000000000004","proj_9e03306b4b36a005c696eca52507a895"],"models":[],"groups":[],"statuses":[],"max_file":0}',72);
CREATE TABLE content_leftovers(
  sha256 TEXT NOT NULL PRIMARY KEY, since INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE file_troubles(sync_id INTEGER PRIMARY KEY) STRICT;
CREATE TABLE placed_files(
  project_id TEXT NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL,
  entity_id TEXT NOT NULL, sha256 TEXT, placed_as INTEGER, bytes INTEGER,
  PRIMARY KEY(project_id, format, path)) STRICT, WITHOUT ROWID;
INSERT INTO placed_files VALUES('proj_00000000000000000000000000000001','yolo','images/train/a.jpg','asset_10000001-0000-4000-8000-000000000000','0000000000000000000000000000000000000000000000000000000000000001',2,100);
CREATE TABLE jpeg_endings(
  sha256 TEXT NOT NULL PRIMARY KEY, cut INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO jpeg_endings VALUES('0000000000000000000000000000000000000000000000000000000000000001',NULL);
INSERT INTO jpeg_endings VALUES('0000000000000000000000000000000000000000000000000000000000000003',NULL);
CREATE TABLE export_formats(
  project_id TEXT NOT NULL, format TEXT NOT NULL, requested INTEGER NOT NULL,
  settings TEXT NOT NULL, images INTEGER NOT NULL, annotations INTEGER NOT NULL,
  skipped TEXT NOT NULL, left_out TEXT NOT NULL, classes TEXT NOT NULL, classes_before TEXT,
  approximated TEXT NOT NULL DEFAULT '[]', rules INTEGER NOT NULL DEFAULT 1,
  places INTEGER, placing INTEGER NOT NULL DEFAULT 0, encoded INTEGER NOT NULL DEFAULT 0,
  encoded_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID;
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000001','coco',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',5,6,'[]','[]','[{"id":1,"name":"car"},{"id":2,"name":"traffic light, red"},{"id":3,"name":"gato “negro”"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000001','yolo',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',5,5,'[{"count":1,"ids":["annot_00000005-0000-4000-8000-000000000000"],"reason":"bound type Polygon in this format"}]','[]','[{"id":0,"name":"car"},{"id":1,"name":"traffic light, red"},{"id":2,"name":"gato “negro”"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000002','polygon_coco',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',2,3,'[{"count":1,"ids":["annot_00000010-0000-4000-8000-000000000000"],"reason":"polygon of fewer than 3 points"}]','[]','[{"id":1,"name":"leaf"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000002','yolo',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',2,3,'[{"count":1,"ids":["annot_00000010-0000-4000-8000-000000000000"],"reason":"polygon of fewer than 3 points"}]','[]','[{"id":0,"name":"leaf"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000003','keypoints_coco',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',1,3,'[]','[]','[{"id":1,"name":"hand"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000003','yolo',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',1,2,'[{"count":1,"ids":["annot_00000014-0000-4000-8000-000000000000"],"reason":"keypoints of which none is labelled"}]','[]','[{"id":0,"name":"hand"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000004','csv_classification',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',2,3,'[]','[{"count":1,"ids":["asset_40000003-0000-4000-8000-000000000000"],"reason":"image without an annotation of this format"}]','[{"id":1,"name":"indoor"},{"id":2,"name":"outdoor"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_00000000000000000000000000000004','ndjson',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',3,3,'[]','[]','[{"id":1,"name":"indoor"},{"id":2,"name":"outdoor"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_9e03306b4b36a005c696eca52507a895','keypoints_coco',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',12,14,'[]','[]','[{"id":1,"name":"person"}]',NULL,'[]',1,NULL,0,0,0);
INSERT INTO export_formats VALUES('proj_9e03306b4b36a005c696eca52507a895','yolo',0,'{"groups":[],"normalized":true,"seed":1337,"split_ratio":0,"statuses":[]}',12,14,'[]','[]','[{"id":0,"name":"person"}]',NULL,'[]',1,NULL,0,0,0);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('syncs',11);
INSERT INTO sqlite_sequence VALUES('changes',72);
CREATE UNIQUE INDEX insights_key ON insights(project_id, run_id, ifnull(artifact_id, ''));
CREATE INDEX projects_by_name ON projects(name);
CREATE INDEX projects_by_workspace ON projects(workspace_id);
CREATE INDEX assets_by_filename ON assets(filename);
CREATE INDEX assets_by_status ON assets(project_id, status);
CREATE INDEX annotations_by_asset ON annotations(asset_id);
CREATE INDEX annotations_by_tag ON annotations(project_id, tag);
CREATE INDEX artifact_files_by_artifact ON artifact_files(artifact_id, project_id);
CREATE INDEX models_by_artifact ON models(artifact_id);
CREATE INDEX deployment_versions_by_deployment ON deployment_versions(deployment_id, project_id);
CREATE INDEX changes_by_sync ON changes(sync_id);
CREATE INDEX changes_by_time ON changes(at);
CREATE INDEX changes_by_project ON changes(project_id);
CREATE INDEX changes_by_entity ON changes(entity, entity_id);
CREATE INDEX changes_by_content_before ON changes(json_extract(before, '$.sha256'))
  WHERE entity = 'files';
CREATE INDEX changes_by_content_after ON changes(json_extract(after, '$.sha256'))
  WHERE entity = 'files';
CREATE INDEX files_by_content ON files(sha256, bytes);
CREATE INDEX files_by_entity ON files(entity_id, entity);
CREATE INDEX files_not_here ON files(status) WHERE status <> 'ok';
CREATE INDEX ontologies_by_project ON ontologies(project_id);
CREATE UNIQUE INDEX assets_key ON assets(id, project_id);
CREATE UNIQUE INDEX asset_groups_key ON asset_groups(asset_id, project_id, name);
CREATE UNIQUE INDEX annotations_key ON annotations(id, project_id);
CREATE INDEX sequences_by_project ON sequences(project_id);
CREATE INDEX workflows_by_project ON workflows(project_id);
CREATE INDEX runs_by_project ON runs(project_id);
CREATE INDEX artifacts_by_project ON artifacts(project_id);
CREATE INDEX models_by_project ON models(project_id);
CREATE INDEX deployments_by_project ON deployments(project_id);
CREATE INDEX operations_by_project ON operations(project_id);
CREATE TRIGGER assets_added AFTER INSERT ON assets BEGIN INSERT INTO asset_counts VALUES(new.project_id, ifnull(new.status, ''), 1) ON CONFLICT DO UPDATE SET assets = assets + 1; END;
CREATE TRIGGER assets_removed AFTER DELETE ON assets BEGIN UPDATE asset_counts SET assets = assets - 1 WHERE project_id = old.project_id AND status = ifnull(old.status, '');DELETE FROM asset_counts WHERE project_id = old.project_id AND status = ifnull(old.status, '') AND assets = 0; END;
CREATE TRIGGER assets_moved AFTER UPDATE OF project_id, status ON assets WHEN old.project_id <> new.project_id OR old.status IS NOT new.status BEGIN UPDATE asset_counts SET assets = assets - 1 WHERE project_id = old.project_id AND status = ifnull(old.status, '');DELETE FROM asset_counts WHERE project_id = old.project_id AND status = ifnull(old.status, '') AND assets = 0;INSERT INTO asset_counts VALUES(new.project_id, ifnull(new.status, ''), 1) ON CONFLICT DO UPDATE SET assets = assets + 1; END;
CREATE TRIGGER annotations_added AFTER INSERT ON annotations BEGIN INSERT INTO annotation_counts VALUES(new.project_id, 1) ON CONFLICT DO UPDATE SET annotations = annotations + 1;INSERT INTO tag_counts SELECT new.project_id, new.tag, 1, (new.asset_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.asset_id = new.asset_id AND +a.project_id = new.project_id AND +a.tag = new.tag AND a.rowid <> new.rowid)) WHERE new.tag IS NOT NULL ON CONFLICT DO UPDATE SET annotations = annotations + 1, assets = assets + excluded.assets; END;
CREATE TRIGGER annotations_removed AFTER DELETE ON annotations BEGIN UPDATE annotation_counts SET annotations = annotations - 1 WHERE project_id = old.project_id;DELETE FROM annotation_counts WHERE project_id = old.project_id AND annotations = 0;UPDATE tag_counts SET annotations = annotations - 1, assets = assets - (old.asset_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.asset_id = old.asset_id AND +a.project_id = old.project_id AND +a.tag = old.tag AND a.rowid <> old.rowid)) WHERE project_id = old.project_id AND tag = old.tag;DELETE FROM tag_counts WHERE project_id = old.project_id AND tag = old.tag AND annotations = 0; END;
CREATE TRIGGER annotations_moved AFTER UPDATE OF project_id, asset_id, tag ON annotations WHEN old.project_id <> new.project_id OR old.asset_id IS NOT new.asset_id OR old.tag IS NOT new.tag BEGIN UPDATE annotation_counts SET annotations = annotations - 1 WHERE project_id = old.project_id;DELETE FROM annotation_counts WHERE project_id = old.project_id AND annotations = 0;UPDATE tag_counts SET annotations = annotations - 1, assets = assets - (old.asset_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.asset_id = old.asset_id AND +a.project_id = old.project_id AND +a.tag = old.tag AND a.rowid <> old.rowid)) WHERE project_id = old.project_id AND tag = old.tag;DELETE FROM tag_counts WHERE project_id = old.project_id AND tag = old.tag AND annotations = 0;INSERT INTO annotation_counts VALUES(new.project_id, 1) ON CONFLICT DO UPDATE SET annotations = annotations + 1;INSERT INTO tag_counts SELECT new.project_id, new.tag, 1, (new.asset_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.asset_id = new.asset_id AND +a.project_id = new.project_id AND +a.tag = new.tag AND a.rowid <> new.rowid)) WHERE new.tag IS NOT NULL ON CONFLICT DO UPDATE SET annotations = annotations + 1, assets = assets + excluded.assets; END;
CREATE VIEW model_links AS
SELECT m.project_id AS project_id,
       p.name AS project_name,
       a.run_id AS run_id,
       m.artifact_id AS artifact_id,
       a.artifact_name AS artifact_name,
       m.id AS model_id,
       m.format AS format,
       m.quantization AS quantization,
       m.status AS status,
       m.download_url AS url,
       m.download_expiry AS expiry
FROM models m
LEFT JOIN artifacts a ON a.id = m.artifact_id AND a.project_id = m.project_id
LEFT JOIN projects p ON p.id = m.project_id
WHERE m.download_url IS NOT NULL AND m.download_url <> ''
  AND (m.download_expiry IS NULL OR m.download_expiry > unixepoch() * 1000);
CREATE VIEW project_progress AS
SELECT p.id AS project_id,
       p.name AS name,
       p.type AS type,
       (SELECT ifnull(sum(c.assets), 0) FROM asset_counts c WHERE c.project_id = p.id) AS assets,
       ifnull((SELECT c.assets FROM asset_counts c WHERE c.project_id = p.id AND c.status = 'Annotated'), 0) AS annotated,
       ifnull((SELECT c.assets FROM asset_counts c WHERE c.project_id = p.id AND c.status = 'Review'), 0) AS review,
       ifnull((SELECT c.assets FROM asset_counts c WHERE c.project_id = p.id AND c.status = 'Completed'), 0) AS completed,
       ifnull((SELECT c.assets FROM asset_counts c WHERE c.project_id = p.id AND c.status = 'Tofix'), 0) AS tofix,
       ifnull((SELECT c.assets FROM asset_counts c WHERE c.project_id = p.id AND c.status = 'None'), 0) AS none,
       ifnull((SELECT c.annotations FROM annotation_counts c WHERE c.project_id = p.id), 0) AS annotations
FROM projects p;
CREATE VIEW annotation_boxes AS
SELECT n.id AS annotation_id,
       n.project_id AS project_id,
       n.asset_id AS asset_id,
       a.filename AS filename,
       n.tag AS tag,
       n.bound_type AS bound_type,
       n.xmin * a.width AS x,
       n.ymin * a.height AS y,
       (n.xmax - n.xmin) * a.width AS width,
       (n.ymax - n.ymin) * a.height AS height
FROM annotations n JOIN assets a ON a.id = n.asset_id AND a.project_id = n.project_id
WHERE n.xmin IS NOT NULL;
CREATE VIEW tag_statistics AS
SELECT t.project_id AS project_id,
       p.name AS project_name,
       t.name AS tag,
       t.tag_index AS tag_index,
       ifnull(c.annotations, 0) AS annotations,
       ifnull(c.assets, 0) AS assets
FROM tags t JOIN projects p ON p.id = t.project_id
LEFT JOIN tag_counts c ON c.project_id = t.project_id AND c.tag = t.name;
CREATE VIEW asset_files AS
SELECT f.entity_id AS asset_id,
       f.project_id AS project_id,
       a.filename AS filename,
       f.status AS status,
       CASE f.status WHEN 'ok' THEN (SELECT s.dir FROM file_state s) || '/sha256/' || substr(f.sha256, 1, 2) || '/' || f.sha256 END AS path,
       f.bytes AS bytes,
       f.sha256 AS sha256,
       f.error AS error
FROM files f JOIN assets a ON a.id = f.entity_id AND a.project_id = f.project_id
WHERE f.entity = 'assets';
CREATE VIEW model_files AS
SELECT f.entity_id AS model_id,
       m.artifact_id AS artifact_id,
       f.project_id AS project_id,
       m.format AS format,
       f.status AS status,
       CASE f.status WHEN 'ok' THEN (SELECT s.dir FROM file_state s) || '/sha256/' || substr(f.sha256, 1, 2) || '/' || f.sha256 END AS path,
       f.bytes AS bytes,
       f.sha256 AS sha256,
       f.error AS error
FROM files f JOIN models m ON m.id = f.entity_id AND m.project_id = f.project_id
WHERE f.entity = 'models';
COMMIT;
PRAGMA application_id = 1853386098;
PRAGMA user_version = 11;
