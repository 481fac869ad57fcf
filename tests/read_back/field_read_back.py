#!/usr/bin/env python3
"""Reads the exports of projects as readers of their own field do, against their corpus.

    field_read_back.py CORPUS EXPORT_DIR/PROJECT_ID... [FORMAT...]

CORPUS is a folder in the form of tests/corpus/README.md. Of each project's formats (or of those
that are named) each one-set file is read, and what is found must be what the corpus says: images
and their order, names of classes, coordinates to a millionth of a pixel; the manifest's counts too.
A line for each project, its id, and below it one for each format, `format images annotations`.
Exit 1: something is not as it should be, and stderr says what. Exit 77: all well, but a module is
not installed, and stderr says what therefore was not read.
"""
import importlib.util
import json
import os
import sys

from field.corpus import Project, Wrong, inside

SKIPPED = 77
# A format's reader, the modules that it wants.
READERS = {
    "csv_fourcorner": ("tables", "read_csv", ["pandas"]),
    "csv_widthheight": ("tables", "read_csv", ["pandas"]),
    "csv_classification": ("tables", "read_csv", ["pandas"]),
    "createml": ("tables", "read_createml", []),
    "pascal_voc": ("voc", "read_voc", ["lxml", "PIL", "torchvision"]),
    "coco": ("coco", "read_coco", ["numpy", "cv2"]),
    "polygon_coco": ("coco", "read_coco", ["numpy", "cv2"]),
    "keypoints_coco": ("coco", "read_coco", ["numpy", "cv2"]),
    "coco_rle": ("coco", "read_coco", ["numpy", "cv2"]),
    "yolo": ("yolo", "read_yolo", ["yaml"]),
    "yolo_darknet": ("lists", "read_darknet", []),
    "yolo_keras_pytorch": ("lists", "read_keras", []),
    "tfrecord": ("tfrecord", "read_tfrecord", []),
    "classification_tfrecord": ("tfrecord", "read_classes", []),
}
# Formats that know boxes alone, and those of them that keep what is outside the image.
BOXES = ("csv_fourcorner", "csv_widthheight", "createml", "pascal_voc", "yolo", "yolo_darknet",
         "yolo_keras_pytorch", "tfrecord")
UNCLIPPED = ("csv_fourcorner", "csv_widthheight", "createml")
FAULTS = (Wrong, OSError, ValueError, KeyError, TypeError, IndexError, SyntaxError)


def read(name, folder, project, entry):
    """The counts of a format; what the manifest says of it must agree."""
    module, function, _ = READERS[name]
    reader = getattr(importlib.import_module("field." + module), function)
    counts = reader(os.path.join(folder, "annotations", name), project,
                    json_of(entry["settings"]), name)
    if entry["annotations"] != counts[1]:
        raise Wrong(f"the manifest says {entry['annotations']} annotations, there are {counts[1]}")
    skipped = sum(reason["count"] for reason in entry["skipped"])
    if counts[1] + skipped != project.annotations:
        raise Wrong(f"{counts[1]} annotations and {skipped} skipped of {project.annotations}")
    wanted = approximated(name, project)
    said = sum(reason["count"] for reason in entry["approximated"])
    if said != wanted:
        raise Wrong(f"the manifest says {said} annotations approximated, there are {wanted}")
    return counts


def approximated(name, project):
    """How many annotations stand in a format as something else than they are."""
    segments = name == "yolo" and project.type == "InstanceSegmentation"
    if name not in BOXES or (name == "yolo" and project.type == "Keypoint"):
        return 0
    return sum(one.type == "Rectangle" if segments else one.type == "Polygon" or one.is_turned()
               for image in project.images for one in image.annotations
               if one.type in ("Rectangle", "Polygon") and one.extent
               and (name in UNCLIPPED or inside(one.extent)))


def json_of(settings):
    return json.loads(settings) if isinstance(settings, str) else settings


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    names = [one for one in arguments[2:] if one in READERS]
    statuses = {0}
    for folder in arguments[2:]:
        if folder not in READERS:
            statuses |= read_all(arguments[1], folder, names)
    return 1 if 1 in statuses else max(statuses)


def read_all(corpus, folder, names):
    """What became of each format of one project: 0, 1 or SKIPPED."""
    with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    print(manifest["project_id"], flush=True)
    project = Project(corpus, manifest["project_id"])
    statuses = set()
    for entry in manifest["exports"]:
        name = entry["format"]
        if name not in READERS or (names and name not in names):
            continue
        missing = [one for one in READERS[name][2] if importlib.util.find_spec(one) is None]
        if missing:
            print(f"SKIPPED: {name} is not read, for {', '.join(missing)} is not installed",
                  file=sys.stderr)
            statuses.add(SKIPPED)
            continue
        try:
            print(name, *read(name, folder, project, entry), flush=True)
        except FAULTS as fault:
            print(f"{name}: {type(fault).__name__}: {fault}", file=sys.stderr)
            statuses.add(1)
    return statuses


if __name__ == "__main__":
    sys.exit(main(sys.argv))
