#!/usr/bin/env python3
"""Reads the pictures of exports as training code does.

    pictures_read_back.py EXPORT_DIR/PROJECT_ID...

Of each format each image that the files name is opened where its readers look for it: by
torchvision's ImageFolder, CocoDetection (which wants pycocotools, too) and VOCDetection where these
are installed, else by Pillow at the path that the format says. A line for each format, `project
format pictures`. Exit 1: one is not there or is none, and stderr says which. Exit 77: all well, but
a module is not installed, and stderr says what therefore was not read.
"""
import csv
import importlib.util
import io
import json
import os
import sys

from tfrecord_read_back import example, records

SKIPPED = 77


class Wrong(Exception):
    pass


def has(*modules):
    return all(importlib.util.find_spec(one) for one in modules)


def opened(path):
    from PIL import Image
    with Image.open(path) as picture:
        picture.load()
        return picture.size


def lines(path):
    with open(path, encoding="utf-8", newline="") as file:
        return [line for line in file.read().split("\n") if line]


def read_coco(folder):
    with open(os.path.join(folder, "annotations.json"), encoding="utf-8") as file:
        images = json.load(file)["images"]
    for image in images:
        size = opened(os.path.join(folder, "images", image["file_name"]))
        if list(size) != [image["width"], image["height"]]:
            raise Wrong(f"{image['file_name']} is {size}")
    if has("torchvision", "pycocotools"):
        from torchvision.datasets import CocoDetection
        loaded = CocoDetection(os.path.join(folder, "images"),
                               os.path.join(folder, "annotations.json"))
        if sum(1 for _ in loaded) != len(images):
            raise Wrong("CocoDetection finds others")
    return len(images)


def read_listed(folder, name):
    """Of lists that lead to each picture from where they stand."""
    found = lines(os.path.join(folder, name))
    for line in found:
        opened(os.path.join(folder, line))
    return len(found)


def read_voc(folder):
    stems = lines(os.path.join(folder, "ImageSets", "Main", "trainval.txt"))
    there = {os.path.splitext(one)[0] for one in os.listdir(os.path.join(folder, "JPEGImages"))}
    if there != set(stems):
        raise Wrong("JPEGImages and ImageSets differ")
    for one in os.listdir(os.path.join(folder, "JPEGImages")):
        opened(os.path.join(folder, "JPEGImages", one))
    return len(stems)


def read_named(folder, names):
    for name in names:
        opened(os.path.join(folder, "images", name))
    return len(names)


def read_csv(folder):
    with open(os.path.join(folder, "annotations.csv"), encoding="utf-8", newline="") as file:
        return read_named(folder, {row["filename"] for row in csv.DictReader(file)})


def read_createml(folder):
    with open(os.path.join(folder, "annotations.json"), encoding="utf-8") as file:
        return read_named(folder, [one["image"] for one in json.load(file)])


def read_keras(folder):
    return read_named(folder, [one.split(" ")[0]
                               for one in lines(os.path.join(folder, "annotations.txt"))])


def read_tfrecord(folder):
    from PIL import Image
    count = 0
    with open(os.path.join(folder, "annotations.tfrecord"), "rb") as stream:
        for data in records(stream):
            features = example(data)
            picture = Image.open(io.BytesIO(features["image/encoded"][0]))
            picture.load()
            if picture.format.lower() != features["image/format"][0].decode():
                raise Wrong(f"{features['image/filename']} is {picture.format}")
            count += 1
    return count


def read_image_folder(folder):
    with open(os.path.join(folder, "images.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    from torchvision.datasets import ImageFolder
    found = 0
    for one in ("train", "val", "test"):
        if not os.path.isdir(os.path.join(folder, one)):
            continue
        loaded = ImageFolder(os.path.join(folder, one))
        labels = {os.path.relpath(os.path.join(folder, row["file"]), folder): row["label"]
                  for row in rows}
        for (picture, number), (path, _) in zip(loaded, loaded.samples):
            if labels[os.path.relpath(path, folder)] != loaded.classes[number]:
                raise Wrong(f"{path} is of {loaded.classes[number]}")
            picture.load()
            found += 1
    if found != len(rows):
        raise Wrong(f"ImageFolder finds {found} of {len(rows)}")
    return found


# A format's reader, and the modules that it wants.
READERS = {
    "coco": (read_coco, ["PIL"]),
    "polygon_coco": (read_coco, ["PIL"]),
    "keypoints_coco": (read_coco, ["PIL"]),
    "coco_rle": (read_coco, ["PIL"]),
    "csv_fourcorner": (read_csv, ["PIL"]),
    "csv_widthheight": (read_csv, ["PIL"]),
    "csv_classification": (read_csv, ["PIL"]),
    "createml": (read_createml, ["PIL"]),
    "yolo_keras_pytorch": (read_keras, ["PIL"]),
    "yolo": (lambda folder: read_listed(folder, "train.txt"), ["PIL"]),
    "yolo_darknet": (lambda folder: read_listed(folder, "train.txt"), ["PIL"]),
    "pascal_voc": (read_voc, ["PIL"]),
    "tfrecord": (read_tfrecord, ["PIL"]),
    "classification_tfrecord": (read_tfrecord, ["PIL"]),
    "image_folder": (read_image_folder, ["torchvision"]),
}
FAULTS = (Wrong, OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError)


def main(folders):
    if not folders:
        print(__doc__, file=sys.stderr)
        return 2
    statuses = {0}
    for folder in folders:
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        for entry in manifest["exports"]:
            name = entry["format"]
            if name not in READERS:
                continue
            reader, modules = READERS[name]
            if not has(*modules):
                print(f"SKIPPED: {name} is not read, for one of {', '.join(modules)} is not "
                      "installed", file=sys.stderr)
                statuses.add(SKIPPED)
                continue
            try:
                found = reader(os.path.join(folder, "annotations", name))
                if found != entry["images"] or entry["image_files"]["missing"] != 0:
                    raise Wrong(f"{found} of {entry['images']}: {entry['image_files']}")
                print(manifest["project_name"], name, found, flush=True)
            except FAULTS as fault:
                print(f"{manifest['project_name']} {name}: {type(fault).__name__}: {fault}",
                      file=sys.stderr)
                statuses.add(1)
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
