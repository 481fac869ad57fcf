#!/usr/bin/env python3
"""Reads COCO files back: by hand, and with pycocotools where it can be imported.

  tests/read_back/coco_read_back.py FORMAT FILE...

FORMAT is coco, polygon_coco, keypoints_coco or coco_rle. Always: each file is JSON of the expected
shape, every reference in it resolves, every number is one, every mask fills its image. With
pycocotools: COCO() loads the file, and COCOeval of its annotations against themselves gives AP 1.0.
Exits 0 when all is well, 1 when not, 77 when all is well but pycocotools is not there.
"""
import argparse
import contextlib
import io
import json
import math
import os
import sys

SKIPPED = 77
KINDS = {"coco": "bbox", "polygon_coco": "segm", "coco_rle": "segm", "keypoints_coco": "keypoints"}
TOP = ["info", "images", "annotations", "categories"]
LEAST_AREA = 1e-6  # square pixels; of anything smaller the overlap with itself is no number


class Wrong(Exception):
    pass


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(part) for part in what))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def numbers(values, count, what):
    expect(isinstance(values, list) and all(map(is_number, values)), what, "are no numbers:", values)
    expect(count is None or len(values) == count, what, "are", len(values), "instead of", count)


def by_id(records, what):
    found = {}
    for record in records:
        expect(isinstance(record["id"], int), what, "has the id", record["id"])
        expect(record["id"] not in found, what, record["id"], "is there twice")
        found[record["id"]] = record
    return found


def refuse_constant(name):
    raise Wrong(f"{name} is no JSON")


def mask_runs(counts):
    """The lengths of the runs in a compressed mask."""
    runs, value, bits = [], 0, 0
    for character in counts:
        group = ord(character) - 48
        expect(0 <= group < 64, "a mask has the character", repr(character))
        value |= (group & 31) << bits
        bits += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << bits
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, bits = 0, 0
    expect(bits == 0, "a mask ends within a number")
    return runs


def check_segmentation(kind, annotation, image):
    what = f"segmentation of annotation {annotation['id']}"
    shape = annotation["segmentation"]
    if kind == "coco_rle":
        expect(shape["size"] == [image["height"], image["width"]], what, "is not its image's size")
        runs = mask_runs(shape["counts"])
        expect(all(run > 0 for run in runs[1:]) and runs[0] >= 0, what, "has an empty run")
        expect(sum(runs) == image["height"] * image["width"], what, "does not fill its image")
        expect(sum(runs[1::2]) > 0, what, "is empty")
    elif shape == []:
        expect(kind in ("coco", "keypoints_coco"), what, "is empty")
    else:
        expect(kind != "keypoints_coco", what, "is not []")
        for ring in shape:
            numbers(ring, None, what)
            expect(len(ring) >= 6 and len(ring) % 2 == 0, what, "is no ring:", ring)


def check_keypoints(annotation, category):
    what = f"keypoints of annotation {annotation['id']}"
    points = annotation["keypoints"]
    numbers(points, 3 * len(category["keypoints"]), what)
    triples = list(zip(points[0::3], points[1::3], points[2::3]))
    expect(all(v in (0, 1, 2) for _, _, v in triples), what, "have odd visibilities")
    expect(all(v > 0 or (x, y) == (0, 0) for x, y, v in triples), what, "say where unseen ones are")
    seen = sum(v > 0 for _, _, v in triples)
    expect(annotation["num_keypoints"] == seen, what, "are", seen, "to see")


def check(kind, data):
    expect(list(data) == TOP, "the keys are", list(data))
    images = by_id(data["images"], "image")
    categories = by_id(data["categories"], "category")
    annotations = by_id(data["annotations"], "annotation")
    for image in images.values():
        numbers([image["width"], image["height"]], 2, f"sides of image {image['id']}")
        expect(min(image["width"], image["height"]) > 0, "image", image["id"], "has no size")
        expect(image["file_name"], "image", image["id"], "has no name")
    for category in categories.values():
        expect(isinstance(category["name"], str), "category", category["id"], "has no name")
        for pair in category.get("skeleton", []):
            numbers(pair, 2, f"skeleton of category {category['id']}")
    for annotation in annotations.values():
        what = f"annotation {annotation['id']}"
        expect(annotation["image_id"] in images, what, "is on no image")
        expect(annotation["category_id"] in categories, what, "is of no category")
        numbers(annotation["bbox"] + [annotation["area"]], 5, f"bbox and area of {what}")
        expect(min(annotation["bbox"][2:] + [annotation["area"]]) >= 0, what, "is less than nothing")
        expect(annotation["iscrowd"] == 0, what, "is a crowd")
        check_segmentation(kind, annotation, images[annotation["image_id"]])
        if kind == "keypoints_coco":
            check_keypoints(annotation, categories[annotation["category_id"]])
    bare = len(images) - len({annotation["image_id"] for annotation in annotations.values()})
    print(f"  {len(images)} images ({bare} without annotations), {len(annotations)} annotations, "
          f"{len(categories)} categories")


def without(kind, truth, annotation):
    """Why an annotation cannot be compared with itself; None if it can."""
    from pycocotools import mask
    if kind == "keypoints":
        if annotation["num_keypoints"] == 0:
            return "without a keypoint to see"
        # With no area, any place but the very same one is infinitely far: nothing to measure by.
        return "of no area" if annotation["area"] < LEAST_AREA else None
    if annotation["area"] < LEAST_AREA or min(annotation["bbox"][2:]) <= 0:
        return "of no area"
    if kind == "segm" and mask.area(truth.annToRLE(annotation)) == 0:
        return "around no pixel, as pycocotools draws it"
    return None


def comparable(kind, truth, data):
    """The annotations that can be compared with themselves; says how many cannot."""
    kept, left = [], {}
    for annotation in data["annotations"]:
        reason = without(kind, truth, annotation)
        if reason is None:
            kept.append(annotation)
        else:
            left[reason] = left.get(reason, 0) + 1
    for reason, count in sorted(left.items()):
        print(f"  taken out before the comparison: {count} annotations {reason}")
    return kept


def load(data):
    from pycocotools.coco import COCO
    loaded = COCO()
    loaded.dataset = json.loads(json.dumps(data))  # a copy, for the evaluation writes into it
    loaded.createIndex()
    return loaded


def detections(kind, truth, kept):
    found = []
    for annotation in kept:
        one = {key: annotation[key] for key in ("image_id", "category_id")}
        one["score"] = 1.0
        if kind == "segm":
            one["segmentation"] = truth.annToRLE(annotation)
        else:
            one[kind] = list(annotation[kind])
        found.append(one)
    return found


def average_precision(kind, data, kept):
    import numpy
    from pycocotools.cocoeval import COCOeval
    truth = load(dict(data, annotations=kept))
    evaluation = COCOeval(truth, truth.loadRes(detections(kind, truth, kept)), kind)
    together = {}
    for annotation in kept:
        key = annotation["image_id"], annotation["category_id"]
        together[key] = together.get(key, 0) + 1
    evaluation.params.maxDets = [max(together.values())]  # pycocotools drops those beyond 20 or 100
    if kind == "keypoints":
        count = len(data["categories"][0]["keypoints"])
        evaluation.params.kpt_oks_sigmas = numpy.full(count, 0.05)
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]  # all areas, most detections
    return float(precision[precision > -1].mean())  # -1: a category without annotations


def compare_with_itself(kind, path, data):
    from pycocotools.coco import COCO
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence):
        truth = COCO(path)
    expect(len(truth.getImgIds()) == len(data["images"]), "pycocotools misses images")
    expect(len(truth.getAnnIds()) == len(data["annotations"]), "pycocotools misses annotations")
    kept = comparable(kind, truth, data)
    if not kept:
        print("  nothing to compare")
        return
    with contextlib.redirect_stdout(silence):
        precision = average_precision(kind, data, kept)
    print(f"  AP of {len(kept)} annotations against themselves ({kind}): {precision:.6f}")
    expect(precision > 1 - 1e-9, "AP is", precision)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("format", choices=sorted(KINDS))
    parser.add_argument("files", nargs="+", metavar="FILE")
    arguments = parser.parse_args()
    try:
        import pycocotools.coco  # noqa: F401
        import pycocotools.cocoeval  # noqa: F401
        there = True
    except ImportError:
        there = False
    for path in arguments.files:
        print(os.path.basename(path))
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file, parse_constant=refuse_constant)
            check(arguments.format, data)
            if there:
                compare_with_itself(KINDS[arguments.format], path, data)
        except (Wrong, KeyError, TypeError, ValueError, OSError) as error:
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    if not there:
        print("skipped: pycocotools is not importable", flush=True)
        print("skipped: pycocotools is not importable", file=sys.stderr)
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
