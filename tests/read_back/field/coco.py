"""coco, polygon_coco, keypoints_coco and coco_rle, with numpy and OpenCV."""
import json
import os

import numpy

from . import geometry
from .corpus import Found, compare, expect, millionth

LARGEST_MASK = 1_000_000  # pixels of the columns that are compared one by one


def load(folder):
    def refuse(name):
        expect(False, name, "is no JSON")
    with open(os.path.join(folder, "annotations.json"), encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)


def accepted(one, name):
    if name == "keypoints_coco":
        return one.type == "Keypoints" and bool(one.points)
    if one.type == "Polygon":
        return one.points is not None and len(one.points) >= 3
    return name == "coco" and one.type == "Rectangle" and one.extent is not None


def pixels(points, image):
    return numpy.array([point[:2] for point in points], float) * [image.width, image.height]


def ring_of(one):
    """What stands as the segmentation: a polygon's ring, the corners of a turned rectangle."""
    return one.points if one.type == "Polygon" or one.is_turned() else None


def box_of(one, image):
    if one.extent is None:  # keypoints of which none is seen
        return (0, 0, 0, 0)
    x0, y0, x1, y1 = image.pixels(one.extent)
    return x0, y0, x1 - x0, y1 - y0


def read_coco(folder, project, _settings, name):
    data = load(folder)
    check_categories(data, project, name)
    of_image = {}
    for record in data["annotations"]:
        of_image.setdefault(record["image_id"], []).append(record)
    for records in (data["images"], data["annotations"]):
        ids = [record["id"] for record in records]
        expect(len(set(ids)) == len(ids) and min(ids, default=1) >= 1, "an id is there twice")
    ids = [record["id"] for record in data["images"]]
    expect(ids == sorted(ids), "images are not in order")
    found, wanted = [], []
    classes = {one["id"]: one["name"] for one in data["categories"]}
    for record in data["images"]:
        entries = [(classes[one["category_id"]], tuple(one["bbox"]))
                   for one in of_image.pop(record["id"], [])]
        found.append(Found(record["file_name"], entries))
    expect(not of_image, "annotations are on no image:", list(of_image)[:3])
    for image in project.images:
        entries = [(one.name, box_of(one, image)) for one in image.annotations if accepted(one, name)]
        wanted.append((image, entries))
    counts = compare(found, wanted, project, lambda *one: 2 * millionth(*one))
    for record, image in zip(data["images"], project.images):
        expect((record["width"], record["height"]) == (image.width, image.height), image.asset_id,
               "has the size", record["width"], record["height"])
    shapes = [(image, one) for image in project.images for one in image.annotations
              if accepted(one, name)]
    for record, (image, one) in zip(data["annotations"], shapes):
        where = f"{name} {record['id']} ({one.id}):"
        if name == "keypoints_coco":
            check_keypoints(where, record, image, one, project.keypoints())
        else:
            check_shape(where, record, image, one, name)
    return counts


def check_categories(data, project, name):
    found = [(one["id"], one["name"]) for one in data["categories"]]
    expect(found == [(tag["index"] + 1, tag["name"]) for tag in project.tags], "categories are", found)
    if name != "keypoints_coco":
        return
    for category, tag in zip(data["categories"], project.tags):
        count = project.keypoints()
        names = tag.get("keypoints", [])[:count]
        names = names + [f"keypoint_{i + 1}" for i in range(len(names), count)]
        expect(category["keypoints"] == names, "keypoints are", category["keypoints"])
        expect(category["skeleton"] == tag.get("skeleton", []), "skeleton is", category["skeleton"])


def check_keypoints(where, record, image, one, count):
    wanted = []
    for i in range(count):
        point = one.points[i] if i < len(one.points) else (0, 0, 0)
        seen = len(point) < 3 or point[2] > 0
        wanted += [point[0] * image.width, point[1] * image.height,
                   point[2] if len(point) > 2 else 2] if seen else [0, 0, 0]
    expect(len(record["keypoints"]) == len(wanted), where, record["keypoints"])
    off = max(abs(a - b) for a, b in zip(record["keypoints"], wanted))
    expect(off <= 1e-6, where, record["keypoints"], "instead of", wanted)
    expect(record["num_keypoints"] == sum(v > 0 for v in wanted[2::3]), where, "num_keypoints")
    width, height = record["bbox"][2:]
    expect(abs(record["area"] - width * height) <= 1e-6 * (1 + width + height), where, "area")


def check_shape(where, record, image, one, name):
    ring = ring_of(one)
    expect(record["iscrowd"] == 0, where, "is a crowd")
    if ring is None:
        expect(record["segmentation"] == [], where, "segmentation is", record["segmentation"])
        width, height = record["bbox"][2:]
        area = width * height
    else:
        points = pixels(ring, image)
        if one.area is None:
            one.area = geometry.covered(points)
        area, retraced = one.area
    # A millionth of a pixel more or less all around.
    around = 1e-6 * (4 + (geometry.perimeter(points) if ring else sum(record["bbox"][2:])))
    expect(abs(record["area"] - area) <= around + area * 1e-12, where, "area", record["area"],
           "instead of", area)
    if ring is None:
        return
    if area > 1 and not retraced:
        if one.filled is None:
            one.filled = geometry.filled(points)
        drawn, off = one.filled
        expect(abs(drawn - record["area"]) <= off, where, "OpenCV fills", drawn, "not", record["area"])
    if name == "coco_rle":
        check_mask(where, record["segmentation"], points, image, retraced)
        return
    expect(len(record["segmentation"]) == 1, where, "has", len(record["segmentation"]), "rings")
    flat = numpy.array(record["segmentation"][0], float).reshape(-1, 2)
    expect(flat.shape == points.shape and float(numpy.abs(flat - points).max()) <= 1e-6, where,
           "the ring is", record["segmentation"][0])


def mask_runs(counts):
    """The lengths of the runs in a compressed mask, columns from left to right."""
    runs, value, bits = [], 0, 0
    for character in counts.encode("ascii"):
        group = character - 48
        value |= (group & 31) << bits
        bits += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << bits
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, bits = 0, 0
    return numpy.array(runs)


def check_mask(where, segmentation, points, image, retraced):
    """A mask's pixels differ from those that OpenCV fills along the ring alone."""
    expect(segmentation["size"] == [image.height, image.width], where, "size")
    runs = mask_runs(segmentation["counts"])
    expect(int(runs.sum()) == image.width * image.height, where, "does not fill its image")
    low = numpy.clip(numpy.floor(points.min(axis=0)).astype(int) - 2, 0, [image.width, image.height])
    high = numpy.clip(numpy.ceil(points.max(axis=0)).astype(int) + 2, 0, [image.width, image.height])
    if (high <= low).any():
        expect(int(runs[1::2].sum()) <= 1, where, "has pixels of a ring outside the image")
        return
    begin, end = low[0] * image.height, high[0] * image.height
    if end - begin > LARGEST_MASK:
        return
    edges = numpy.cumsum(runs)[:-1]
    toggles = numpy.zeros(end - begin, numpy.uint8)
    toggles[edges[(edges > begin) & (edges < end)] - begin] = 1
    toggles[0] = numpy.count_nonzero(edges <= begin) % 2
    odd = numpy.cumsum(toggles, dtype=numpy.uint8) & 1  # of a byte, whose overflow is even
    columns = odd.reshape(high[0] - low[0], image.height).T
    inside = int(columns[low[1]:high[1]].sum())
    expect(int(runs[1::2].sum()) == inside, where, "has pixels far from its ring")
    if retraced:
        return
    drawn = geometry.mask_of(points - low, high[0] - low[0], high[1] - low[1])
    off = int(numpy.count_nonzero(columns[low[1]:high[1]] != drawn))
    expect(off <= 1.5 * geometry.perimeter(points) + 8, where, off, "pixels differ from OpenCV's")
