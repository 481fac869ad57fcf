"""yolo as Ultralytics loads it, its rules in other words."""
import json
import os

from .corpus import Found, compare, expect, inside, is_number

PICTURES = ("bmp", "dng", "jpeg", "jpg", "mpo", "png", "tif", "tiff", "webp", "pfm", "heic")
SIDES = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"), ("l", "r"), ("L", "R"))


def pictures(folder, name):
    """The pictures of a list: a line that begins with ./ is relative to the list's folder."""
    path = os.path.join(folder, name)
    expect(os.path.isfile(path), name, "is no file")
    with open(path, encoding="utf-8") as file:
        lines = file.read().strip().splitlines()
    parent = os.path.dirname(os.path.abspath(path)) + os.sep
    found = [line.replace("./", parent) if line.startswith("./") else line for line in lines]
    for line in found:
        expect(line.startswith(parent), name, "leads to", line)
    return found


def labels_of(picture):
    """Where the labels of a picture are looked for: below the last folder named images."""
    before, images, after = picture.rpartition(os.sep + "images" + os.sep)
    expect(images, picture, "is below no folder images")
    return (before + os.sep + "labels" + os.sep + after).rpartition(".")[0] + ".txt"


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file.read().strip().splitlines() if line]


def parsed(path, classes, columns):
    """(class, numbers) of each line; `columns` of a line, None where it says an outline."""
    entries = []
    for line in lines_of(path):
        expect(line[0].isdigit() and int(line[0]) < classes, path, "class", line[0], "of", classes)
        numbers = tuple(float(field) for field in line[1:])
        expect(all(map(is_number, numbers)), path, "has", line)
        if columns is None:
            expect(len(line) >= 7 and len(line) % 2 == 1, path, "has", len(line), "columns")
            places = numbers
        else:
            expect(len(line) == columns, path, "has", len(line), "columns instead of", columns)
            places = numbers[:4] + tuple(one for i, one in enumerate(numbers[4:]) if i % 3 < 2)
        expect(all(0 <= one <= 1 for one in places), path, "reaches beyond the image:", line)
        entries.append((int(line[0]), numbers))
    return entries


def to_pixels(numbers, image, keypoints):
    """Numbers of a line in pixels; the third of each keypoint is no place."""
    scaled = []
    for i, number in enumerate(numbers):
        step, at = (2, i) if not keypoints or i < 4 else (3, i - 4)
        side = (image.width, image.height, 1)[at % step]
        scaled.append(number * side)
    return tuple(scaled)


def clamp(value):
    return min(max(value, 0), 1)


def centred(box):
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0


def detect(one, _keypoints):
    box = inside(one.extent) if one.type in ("Rectangle", "Polygon") and one.extent else None
    return centred(box) if box else None


def segment(one, _keypoints):
    if one.type not in ("Rectangle", "Polygon") or not one.extent or not inside(one.extent):
        return None
    if len(one.points) < 3:
        return None
    return tuple(clamp(number) for point in one.points for number in point[:2])


def pose(one, keypoints):
    if one.type != "Keypoints" or not one.extent or not inside(one.extent):
        return None
    numbers = list(centred(inside(one.extent)))
    for i in range(keypoints):
        point = one.points[i] if i < len(one.points) else (0, 0, 0)
        point = point if len(point) > 2 else point + (2,)
        numbers += [clamp(point[0]), clamp(point[1]), point[2]] if point[2] > 0 else [0, 0, 0]
    return tuple(numbers)


LAYOUTS = {"Keypoint": pose, "InstanceSegmentation": segment}


def upright(one):
    return one.type == "Rectangle" and not one.is_turned()


def turned_to(found, wanted):
    """The corners of a ring from where `wanted` begins, in its direction, if they are the same."""
    corners = list(zip(found[0::2], found[1::2]))
    rings = [ring[i:] + ring[:i] for ring in (corners, corners[::-1]) for i in range(len(ring))]
    first = [number for pair in zip(wanted[0::2], wanted[1::2]) for number in pair]
    best = min(rings, key=lambda ring: max(abs(a - b) for a, b in
                                           zip([n for pair in ring for n in pair], first)))
    return tuple(number for corner in best for number in corner)


def check_flip(data, project, keypoints):
    """flip_idx names for each keypoint the one that it becomes in a mirror."""
    names = next((tag["keypoints"] for tag in project.tags if tag.get("keypoints")), [])
    sided = any("left" in name.lower() for name in names) and len(names) == keypoints
    if not sided:
        expect("flip_idx" not in data or len(data["flip_idx"]) == keypoints, "flip_idx is",
               data.get("flip_idx"))
        return
    flip = data.get("flip_idx")
    expect(flip and len(flip) == keypoints, "flip_idx is", flip, "for", names)
    for i, name in enumerate(names):
        other = name
        for left, right in SIDES[:3]:
            if left in name:
                other = name.replace(left, right)
            elif right in name:
                other = name.replace(right, left)
        expect(names[flip[i]] == other, "flip_idx makes", name, names[flip[i]])


def read_yolo(folder, project, _settings, _name):
    import yaml
    with open(os.path.join(folder, "data.yaml"), encoding="utf-8") as file:
        data = yaml.safe_load(file)
    names = data["names"]
    names = dict(enumerate(names)) if isinstance(names, list) else names
    expect(list(names.values()) == project.names and list(names) == list(range(len(names))),
           "names are", names)
    expect("nc" not in data or data["nc"] == len(names), "nc is", data.get("nc"))
    expect("path" not in data, "data.yaml has a path")
    layout = LAYOUTS.get(project.type, detect)
    keypoints = 0
    if layout is pose:
        keypoints, dimensions = data["kpt_shape"]
        expect(dimensions == 3 and keypoints == project.keypoints(), "kpt_shape is",
               data["kpt_shape"])
        check_flip(data, project, keypoints)
    columns = None if layout is segment else 5 + 3 * keypoints
    found, wanted = [], []
    for path in all_pictures(folder, data):
        labels = labels_of(path)
        expect(os.path.isfile(labels), "no labels for", path)
        where = os.path.relpath(path, folder).split(os.sep)
        found.append(Found(os.sep.join(where[2:]), parsed(labels, len(names), columns)))
    count = sum(len(names) for _, _, names in os.walk(os.path.join(folder, "labels")))
    expect(count == len(found), count, "label files for", len(found), "images")
    for image in project.images:
        entries = [(one, layout(one, keypoints)) for one in image.annotations]
        wanted.append((image, [(one, numbers) for one, numbers in entries if numbers]))
    return compare_lines(found, wanted, project, keypoints)


def all_pictures(folder, data):
    lists = [data[key] for key in ("train", "val", "test") if data.get(key)]
    expect(data["train"] == "train.txt" and data["val"] in ("train.txt", "val.txt"), "train is",
           data["train"], "and val", data["val"])
    seen = []
    for name in dict.fromkeys(lists):
        seen += pictures(folder, name)
    expect(len(set(seen)) == len(seen), "an image is in two sets")
    return seen


def compare_lines(found, wanted, project, keypoints):
    expect(len(found) == len(wanted), len(found), "images instead of", len(wanted))
    lines = []
    for one, (image, entries) in zip(found, wanted):
        expect(len(one.entries) == len(entries), one.name, "has", len(one.entries),
               "lines instead of", len(entries))
        pixels = []
        for (line, numbers), (annotation, exact) in zip(one.entries, entries):
            if len(numbers) == len(exact) == 8 and annotation.type == "Rectangle":
                numbers = turned_to(numbers, exact)
            pixels.append((line, to_pixels(numbers, image, keypoints)))
        one.entries = pixels
        lines.append((image, [(annotation.line, to_pixels(exact, image, keypoints))
                              for annotation, exact in entries]))
    return compare(found, lines, project, lambda _image, _number: 1e-6, whole_names=False)
