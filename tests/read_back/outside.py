#!/usr/bin/env python3
"""Has readers from outside read the exports of projects, and compares with the corpus.

    outside.py [--pycocotools DIR] [--ultralytics DIR] CORPUS EXPORT_DIR/PROJECT_ID...

DIR is what is to be on Python's path: of cocoapi its PythonAPI, built in place (python3 setup.py
build_ext --inplace; Debian: cython3, python3-dev, python3-setuptools); of Ultralytics the folder
above its package `ultralytics` (Debian: python3-torchvision and python3-matplotlib, -opencv, -pandas,
-psutil, -requests, -cpuinfo, -seaborn, -scipy, -tqdm, -yaml). Neither is part of this repository.

pycocotools loads each COCO file; COCOeval of its annotations against themselves must give AP 1.0, and
the masks that it draws must be as large as `area` says. Ultralytics' YOLODataset loads `yolo` over its
data.yaml, with pictures put at their places in a copy; images, classes, boxes, outlines and keypoints
must be the corpus's, as far as the 32 bits of its numbers go. A line for each says what was found and
by how much it was off. Exit 1 when something is not as it should be.
"""
import argparse
import contextlib
import importlib.util
import json
import logging
import os
import shutil
import sys
import tempfile
import types

from field.corpus import Project, Wrong, expect
from field.yolo import LAYOUTS, detect

LARGEST = 1_000_000  # pixels of a picture; of a larger image it is made smaller, in its proportions
SINGLE = 2e-7        # of a side: what Ultralytics' numbers leave open


def pycocotools_reads(folder, project, entry):
    import coco_read_back
    name = entry["format"]
    path = os.path.join(folder, "annotations", name, "annotations.json")
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    expect(len(data["images"]) == len(project.images), name, "has", len(data["images"]), "images")
    expect(len(data["annotations"]) == entry["annotations"], name, "annotations")
    print(f"{name}: {len(data['images'])} images, {len(data['annotations'])} annotations")
    coco_read_back.check(name, data)
    coco_read_back.compare_with_itself(coco_read_back.KINDS[name], path, data)
    if name != "keypoints_coco":
        compare_areas(name, data)


def compare_areas(name, data):
    """`area` and the pixels of the mask that pycocotools makes of the segmentation."""
    import coco_read_back
    from pycocotools import mask
    with contextlib.redirect_stdout(None):
        loaded = coco_read_back.load(data)
    compared, empty, furthest = 0, 0, 0
    for one in data["annotations"]:
        image = loaded.imgs[one["image_id"]]
        if not one["segmentation"] or one["area"] < 100 or not within(one["bbox"], image):
            continue
        x, y, width, height = one["bbox"]
        pixels = float(mask.area(loaded.annToRLE(one)))
        if pixels <= 1:  # of a ring that only retraces itself; coco_rle leaves it a pixel
            empty += 1
            continue
        # Each pixel of the edge may fall in or out.
        off = abs(pixels - one["area"]) / (width + height)
        compared, furthest = compared + 1, max(furthest, off)
    print(f"  {compared} masks, {empty} more of a pixel at most; the furthest from its area: by "
          f"{furthest:.3f} of its sides' length")
    expect(furthest <= 1, "a mask is no area that its annotation says")


def within(box, image):
    x, y, width, height = box
    return x >= 0 and y >= 0 and x + width <= image["width"] and y + height <= image["height"]


def stand_in(name, **members):
    """A module that the reader imports and that nothing here needs."""
    if importlib.util.find_spec(name) is None:
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)


class Nothing:
    def __init_subclass__(cls, **_options):
        pass


def import_ultralytics(settings):
    os.environ["YOLO_CONFIG_DIR"] = settings
    os.environ["YOLO_VERBOSE"] = "false"
    stand_in("huggingface_hub", PyTorchModelHubMixin=Nothing)
    import ultralytics
    import ultralytics.data.utils
    from ultralytics.utils import LOGGER
    LOGGER.setLevel(logging.ERROR)
    ultralytics.data.utils.check_font = lambda *_arguments: None  # it would fetch one
    return ultralytics


def place_pictures(folder, data, project):
    """Puts black pictures where the lists say. Returns the image of each path, and how many of them
    Ultralytics does not take for pictures, by why."""
    from PIL import Image
    from field.yolo import PICTURES, all_pictures
    paths = all_pictures(folder, data)
    expect(len(paths) == len(project.images), len(paths), "images in the lists")
    left = {}
    for path, image in zip(paths, project.images):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        width, height = image.width, image.height
        smaller = max(1, (width * height / LARGEST) ** 0.5)
        picture = Image.new("L", (round(width / smaller), round(height / smaller)))
        kind = path.rpartition(".")[2].lower()
        if kind not in PICTURES:
            left["of no picture's extension"] = left.get("of no picture's extension", 0) + 1
            continue
        if min(picture.size) < 10:
            left["smaller than 10 pixels"] = left.get("smaller than 10 pixels", 0) + 1
        picture.save(path, format={"png": "PNG", "bmp": "BMP"}.get(kind, "JPEG"))
    return dict(zip(paths, project.images)), left


def ultralytics_reads(folder, project, entry):
    import yaml
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset
    with tempfile.TemporaryDirectory() as place:
        copy = os.path.join(place, "yolo")
        shutil.copytree(os.path.join(folder, "annotations", "yolo"), copy)
        with open(os.path.join(copy, "data.yaml"), encoding="utf-8") as file:
            image_of, left = place_pictures(copy, yaml.safe_load(file), project)
        data = check_det_dataset(os.path.join(copy, "data.yaml"))
        layout = LAYOUTS.get(project.type, detect)
        task = {"detect": "detect", "segment": "segment", "pose": "pose"}[layout.__name__]
        loaded = {}
        for split in dict.fromkeys(data[key] for key in ("train", "val", "test") if data.get(key)):
            options = {"data": data, "augment": False, "imgsz": 64, "rect": False}
            try:
                dataset = YOLODataset(img_path=split, task=task, **options)
            except TypeError:  # before 8.1
                dataset = YOLODataset(img_path=split, use_segments=task == "segment",
                                      use_keypoints=task == "pose", **options)
            loaded.update((one["im_file"], one) for one in dataset.labels)
    expect(list(data["names"].values()) == project.names, "names are", data["names"])
    expect(len(loaded) + sum(left.values()) == len(image_of), len(loaded), "images loaded of",
           len(image_of), "but for", left)
    furthest, count, twins = 0, 0, 0
    for path, one in loaded.items():
        off, here, dropped = compare_image(one, image_of[path], layout, data)
        furthest, count, twins = max(furthest, off), count + here, twins + dropped
    print(f"yolo ({task}): {len(loaded)} images, {count} labels, {twins} dropped as the same twice, "
          f"{left or 'no image'} not taken; furthest off: {furthest:.2e} of a side")
    expect(furthest <= SINGLE, "a label is off by", furthest, "of a side")


def compare_image(loaded, image, layout, data):
    """How far the labels of an image are off, how many there are, how many were dropped as twins."""
    import numpy
    keypoints = data["kpt_shape"][0] if "kpt_shape" in data else 0
    wanted = [(one, layout(one, keypoints)) for one in image.annotations]
    wanted = [(one.line, numpy.array(numbers)) for one, numbers in wanted if numbers]
    found = []
    for i, line in enumerate(loaded["cls"].reshape(-1)):
        if layout.__name__ == "segment":
            numbers = loaded["segments"][i].reshape(-1)
        else:
            numbers = loaded["bboxes"][i]
            if keypoints:
                numbers = numpy.concatenate([numbers, loaded["keypoints"][i].reshape(-1)])
        found.append((int(line), numbers))
    furthest = 0
    for line, numbers in found:
        alike = [ring_distance(numbers, exact, layout) for other, exact in wanted if other == line]
        expect(alike, image.asset_id, "class", line)
        furthest = max(furthest, min(alike))
    # It keeps one of those with the same class and box.
    expect(len(found) <= len(wanted) and (len(found) > 0) == (len(wanted) > 0), image.asset_id,
           "has", len(found), "labels instead of", len(wanted))
    boxes = {(line, as_box(numbers, layout)) for line, numbers in wanted}
    expect(len(found) >= len(boxes), image.asset_id, "has", len(found), "labels instead of",
           len(boxes))
    return furthest, len(found), len(wanted) - len(found)


def as_box(numbers, layout):
    import numpy
    if layout.__name__ == "segment":
        xs, ys = numbers[0::2], numbers[1::2]
        numbers = numpy.array([xs.min(), ys.min(), xs.max(), ys.max()])
    return tuple(numpy.round(numbers, 5))


def ring_distance(numbers, exact, layout):
    """By how much two lists of numbers differ; of a ring, from whichever corner."""
    import numpy
    if len(numbers) != len(exact):
        return float("inf")
    best = float(numpy.abs(numbers - exact).max())
    if layout.__name__ != "segment" or best <= SINGLE or len(exact) != 8:
        return best
    corners = numpy.asarray(numbers).reshape(-1, 2)
    rings = [numpy.roll(ring, i, axis=0) for ring in (corners, corners[::-1]) for i in range(4)]
    return min(float(numpy.abs(ring.reshape(-1) - exact).max()) for ring in rings)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pycocotools", metavar="DIR")
    parser.add_argument("--ultralytics", metavar="DIR")
    parser.add_argument("corpus")
    parser.add_argument("projects", nargs="+", metavar="PROJECT")
    arguments = parser.parse_args()
    readers = {}
    with tempfile.TemporaryDirectory() as settings:
        if arguments.pycocotools:
            sys.path.insert(0, os.path.abspath(arguments.pycocotools))
            for name in ("coco", "polygon_coco", "keypoints_coco", "coco_rle"):
                readers[name] = pycocotools_reads
        if arguments.ultralytics:
            sys.path.insert(0, os.path.abspath(arguments.ultralytics))
            print("Ultralytics", import_ultralytics(settings).__version__)
            readers["yolo"] = ultralytics_reads
        return read_all(arguments, readers)


def read_all(arguments, readers):
    status = 0
    for folder in arguments.projects:
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        project = Project(arguments.corpus, manifest["project_id"])
        print(f"== {project.name} ({project.type})", flush=True)
        for entry in manifest["exports"]:
            # Ultralytics refuses a set without a picture.
            if entry["format"] not in readers or not project.images:
                continue
            try:
                readers[entry["format"]](folder, project, entry)
            except Exception as fault:  # whatever a reader from outside throws
                kind = "" if isinstance(fault, Wrong) else type(fault).__name__ + ": "
                print(f"{entry['format']}: {kind}{fault}", file=sys.stderr, flush=True)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
