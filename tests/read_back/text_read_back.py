#!/usr/bin/env python3
"""Reads back the text formats of one project's export and checks their structure.

    text_read_back.py EXPORT_DIR/PROJECT_ID

Of annotations/<format>/ it reads the formats below that are there and prints a line for each,
`format images annotations`. Images without annotations count where the format can say them.
Exit 1: a file is not what its format wants; stderr names it. Where lxml or yaml are not
installed, stderr says what was therefore not checked.
"""

import csv
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

try:
    import lxml.etree as lxml_etree
except ImportError:
    lxml_etree = None
try:
    import yaml
except ImportError:
    yaml = None

TOLERANCE = 1e-9


class Broken(Exception):
    """A file is not what its format wants."""


def check(condition, path, what):
    if not condition:
        raise Broken(f"{path}: {what}")


def lines_of(path):
    """Lines without their end; only LF ends one, and the last one has it too."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    check(not text or text.endswith("\n"), path, "the last line has no end")
    return text.split("\n")[:-1]


def set_files(folder, extension):
    """annotations.EXT, or train.EXT with validate.EXT, test.EXT or both."""
    found = [name for name in ("annotations", "train", "validate", "test")
             if os.path.exists(os.path.join(folder, name + extension))]
    whole = found == ["annotations"]
    check(whole or (len(found) > 1 and found[0] == "train"), folder, f"sets are {found}")
    return [os.path.join(folder, name + extension) for name in found]


def files_below(folder, extension):
    found = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            check(name.endswith(extension), path, "does not belong here")
            found.append(path)
    return sorted(found)


def number(text, path):
    try:
        value = float(text)
    except ValueError:
        raise Broken(f"{path}: {text!r} is no number") from None
    check(abs(value) < float("inf"), path, f"{text} is not finite")
    return value


def read_csv(folder, header):
    images, rows = set(), 0
    for path in set_files(folder, ".csv"):
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            check(next(reader, None) == header, path, f"the header is not {header}")
            for row in reader:
                check(len(row) == len(header), path, f"{len(row)} fields in {row}")
                values = [number(field, path) for field in row[1:-1]]
                if header[1] == "xmin":
                    check(values[0] <= values[2] and values[1] <= values[3], path,
                          f"corners are turned in {row}")
                if header[1] == "x":
                    check(values[2] >= 0 and values[3] >= 0, path, f"negative size in {row}")
                images.add(row[0])
                rows += 1
    return len(images), rows


def voc_document(path):
    """The document as lxml reads it where that is installed, which is stricter, else as etree."""
    try:
        tree = ElementTree.parse(path).getroot()
        return lxml_etree.parse(path).getroot() if lxml_etree else tree
    except (ElementTree.ParseError, SyntaxError) as error:
        raise Broken(f"{path}: {error}") from None


def voc_text(node, name, path):
    found = node.findall(name)
    check(len(found) == 1, path, f"{len(found)} elements {name} in {node.tag}")
    return found[0].text or ""


def voc_integer(node, name, path):
    text = voc_text(node, name, path)
    check(re.fullmatch(r"\d+", text), path, f"{name} is {text!r}")
    return int(text)


def read_voc_document(path):
    """The classes of its boxes."""
    root = voc_document(path)
    check(root.tag == "annotation", path, f"the root is {root.tag}")
    for name in ("folder", "filename", "source/database"):
        check(voc_text(root, name, path), path, f"{name} is empty")
    # Readers put it together from a list's line and an extension.
    stem = os.path.basename(path)[:-len(".xml")]
    check(re.fullmatch(re.escape(stem) + r"(\.[^.]*)?", voc_text(root, "filename", path)), path,
          "filename is not the file's own stem and an extension")
    width, height = voc_integer(root, "size/width", path), voc_integer(root, "size/height", path)
    check(width > 0 and height > 0, path, "no size")
    check(voc_integer(root, "size/depth", path) == 3, path, "depth is not 3")
    voc_integer(root, "segmented", path)
    objects = root.findall("object")
    for node in objects:
        for name in ("name", "pose"):
            voc_text(node, name, path)
        for name in ("truncated", "difficult"):
            check(voc_integer(node, name, path) in (0, 1), path, f"{name} is neither 0 nor 1")
        xmin, ymin, xmax, ymax = (voc_integer(node, "bndbox/" + name, path)
                                  for name in ("xmin", "ymin", "xmax", "ymax"))
        check(xmin < xmax <= width and ymin < ymax <= height, path,
              f"box {xmin},{ymin},{xmax},{ymax} is not within {width} x {height}")
    return [voc_text(node, "name", path) for node in objects]


def voc_classes(path):
    """The names of labelmap.txt, read as CVAT and Datumaro do."""
    head, *lines = lines_of(path)
    check(head == "# label:color_rgb:parts:actions", path, f"the head is {head!r}")
    names = []
    for line in lines:
        fields = line.split(":")
        check(len(fields) == 4 and not any(fields[1:]), path, f"a line is {line!r}")
        names.append(fields[0])
    return names


def on_a_line(name):
    """A name without what one of XML and labelmap.txt cannot hold."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd-\uffff]", " ", name).replace(":", "_")


def read_pascal_voc(folder):
    documents = os.path.join(folder, "Annotations")
    paths = files_below(documents, ".xml")
    lists = {}
    for path in files_below(os.path.join(folder, "ImageSets", "Main"), ".txt"):
        lines = lists[os.path.basename(path)] = lines_of(path)
        check(all(len(line.split()) == 1 for line in lines), path, "a name has a blank")
    check({"train.txt", "val.txt", "trainval.txt"} <= set(lists) and
          set(lists) <= {"train.txt", "val.txt", "trainval.txt", "test.txt"}, folder,
          f"the lists are {sorted(lists)}")
    listed = lists["train.txt"] + lists["val.txt"]
    check(sorted(listed) == sorted(lists["trainval.txt"]), folder,
          "trainval.txt is not train.txt and val.txt")
    listed += lists.get("test.txt", [])
    stems = [os.path.relpath(path, documents)[:-len(".xml")] for path in paths]
    check(sorted(listed) == sorted(stems), folder, "ImageSets and Annotations differ")
    classes = {on_a_line(name) for name in voc_classes(os.path.join(folder, "labelmap.txt"))}
    count = 0
    for path in paths:
        for name in read_voc_document(path):
            check(on_a_line(name) in classes, path, f"class {name!r} is not in labelmap.txt")
            count += 1
    return len(paths), count


def read_createml(folder):
    images = annotations = 0
    for path in set_files(folder, ".json"):
        with open(path, encoding="utf-8") as file:
            entries = json.load(file)
        check(isinstance(entries, list), path, "no list")
        for entry in entries:
            check(set(entry) == {"image", "annotations"} and isinstance(entry["image"], str), path,
                  f"entry {entry}")
            images += 1
            for one in entry["annotations"]:
                check(set(one) == {"label", "coordinates"} and isinstance(one["label"], str), path,
                      f"annotation {one}")
                box = one["coordinates"]
                check(set(box) == {"x", "y", "width", "height"}, path, f"coordinates {box}")
                check(box["width"] >= 0 and box["height"] >= 0, path, f"negative size in {box}")
                annotations += 1
    return images, annotations


def check_class(text, classes, path):
    check(re.fullmatch(r"\d+", text) and int(text) < classes, path,
          f"class {text} of {classes}")


def check_within(values, path):
    for value in values:
        check(-TOLERANCE <= value <= 1 + TOLERANCE, path, f"{value} is not within 0..1")


def check_box(values, path):
    x, y, width, height = values
    check_within((*values, x - width / 2, x + width / 2, y - height / 2, y + height / 2), path)


def read_yolo_labels(path, classes, layout, keypoints):
    """Checks the lines of a label file and returns how many they are."""
    lines = lines_of(path)
    for line in lines:
        fields = line.split(" ")
        check_class(fields[0], classes, path)
        values = [number(field, path) for field in fields[1:]]
        if layout == "segment":
            check(len(values) >= 6 and len(values) % 2 == 0, path, f"{len(values)} coordinates")
            check_within(values, path)
            continue
        check(len(values) == 4 + 3 * keypoints, path, f"{len(values)} values")
        check_box(values[:4], path)
        for x, y, visibility in zip(*(values[4 + i::3] for i in range(3))):
            check_within((x, y), path)
            check(visibility in (0, 1, 2), path, f"visibility {visibility}")
    return len(lines)


def read_yolo_darknet(folder):
    data = {}
    for line in lines_of(os.path.join(folder, "obj.data")):
        key, _, value = line.partition("=")
        data[key.strip()] = value.strip()
    check(set(data) == {"classes", "train", "valid", "names", "backup"}, folder,
          f"obj.data has {sorted(data)}")
    names = lines_of(os.path.join(folder, data["names"]))
    check(len(names) == int(data["classes"]), folder, f"{len(names)} names for {data['classes']}")
    listed = lines_of(os.path.join(folder, data["train"]))
    valid = lines_of(os.path.join(folder, data["valid"]))
    listed += valid if valid != listed else []
    test = os.path.join(folder, "test.txt")
    listed += lines_of(test) if os.path.exists(test) else []
    led_to = []
    for image in listed:
        check(image.startswith("./JPEGImages/"), folder, f"{image} is not below ./JPEGImages")
        stem, _ = os.path.splitext(image)
        # As darknet does, AlexeyAB's and the one before it.
        labels = stem.replace("/JPEGImages/", "/labels/", 1) + ".txt"
        first = image
        for part, other in (("images", "labels"), ("JPEGImages", "labels"), ("raw", "labels"),
                            (".jpg", ".txt"), (".png", ".txt"), (".JPG", ".txt"),
                            (".JPEG", ".txt")):
            first = first.replace(part, other, 1)
        check(labels == first, folder, image)
        led_to.append(os.path.normpath(os.path.join(folder, labels)))
    labels = files_below(os.path.join(folder, "labels"), ".txt")
    check(sorted(led_to) == labels, folder, "the lists and labels differ")
    return len(labels), sum(read_yolo_labels(path, len(names), "detect", 0) for path in labels)


def read_yolo_keras_pytorch(folder):
    classes = len(lines_of(os.path.join(folder, "classes.txt")))
    images = annotations = 0
    for path in set_files(folder, ".txt"):
        for line in lines_of(path):
            name, *boxes = line.split()
            check(name, path, "a line without a file")
            images += 1
            for box in boxes:
                check(re.fullmatch(r"\d+(,\d+){4}", box), path, f"box {box!r}")
                xmin, ymin, xmax, ymax, class_line = box.split(",")
                check(int(xmin) < int(xmax) and int(ymin) < int(ymax), path, f"box {box}")
                check_class(class_line, classes, path)
                annotations += 1
    return images, annotations


def data_yaml(path):
    """data.yaml; without a YAML parser, by what of YAML it uses."""
    if yaml:
        with open(path, encoding="utf-8") as file:
            return yaml.safe_load(file)
    data = {}
    for line in lines_of(path):
        key, _, value = line.partition(": ")
        if line.startswith("  "):
            data["names"][int(key)] = json.loads(value)
        elif line == "names:":
            data["names"] = {}
        else:
            data[key] = json.loads(value) if value[0] in "[{0123456789" else value
    return data


def yolo_labels_of(image, name, folder):
    """Where Ultralytics looks for the labels of an image that the list `name` has."""
    where, slash, file = image.rpartition("/")
    check(slash and file and where == "./images/" + name[:-len(".txt")], folder,
          f"{name} has {image}")
    # The last /images/, and the extension.
    return os.path.splitext("/labels/".join(image.rsplit("/images/", 1)))[0] + ".txt"


def check_flips(flips, keypoints, path):
    """Each keypoint is the mirrored one's mirrored one."""
    if flips is None:
        return
    check(sorted(flips) == list(range(keypoints)), path, f"flip_idx {flips}")
    check(all(flips[flip] == i for i, flip in enumerate(flips)), path, f"flip_idx {flips}")


def read_yolo(folder):
    path = os.path.join(folder, "data.yaml")
    data = data_yaml(path)
    check("path" not in data, path, "a path, so that it cannot be moved")
    names = data["names"]
    check(list(names) == list(range(data["nc"])), path, f"classes are {list(names)}")
    check(all(isinstance(name, str) for name in names.values()), path, "a name is no text")
    check(data["train"] == "train.txt" and data["val"] in ("train.txt", "val.txt") and
          data.get("test", "test.txt") == "test.txt", path,
          f"train {data['train']}, val {data['val']}, test {data.get('test')}")
    keypoints = 0
    if "kpt_shape" in data:
        keypoints, dimensions = data["kpt_shape"]
        check(dimensions == 3, path, f"kpt_shape {data['kpt_shape']}")
        check_flips(data.get("flip_idx"), keypoints, path)
    else:
        check("flip_idx" not in data, path, "flip_idx without keypoints")
    lists = sorted({data[key] for key in ("train", "val", "test") if key in data})
    there = sorted(name for name in os.listdir(folder) if name.endswith(".txt"))
    check(lists == there, folder, f"the lists are {there}, and data.yaml names {lists}")
    led_to = [os.path.normpath(os.path.join(folder, yolo_labels_of(image, name, folder)))
              for name in lists for image in lines_of(os.path.join(folder, name))]
    labels = files_below(os.path.join(folder, "labels"), ".txt")
    check(sorted(led_to) == labels, folder, "the lists and labels differ")
    layout = "pose" if keypoints else yolo_layout(labels)
    return len(labels), sum(read_yolo_labels(label, data["nc"], layout, keypoints)
                            for label in labels)


def yolo_layout(labels):
    """As Ultralytics tells them apart: a line longer than a box's makes the data set segments."""
    for label in labels:
        if any(len(line.split()) > 6 for line in lines_of(label)):
            return "segment"
    return "detect"


READERS = {
    "csv_fourcorner":
        lambda folder: read_csv(folder, ["filename", "xmin", "ymin", "xmax", "ymax", "label"]),
    "csv_widthheight":
        lambda folder: read_csv(folder, ["filename", "x", "y", "width", "height", "label"]),
    "csv_classification": lambda folder: read_csv(folder, ["filename", "label"]),
    "pascal_voc": read_pascal_voc,
    "createml": read_createml,
    "yolo_darknet": read_yolo_darknet,
    "yolo_keras_pytorch": read_yolo_keras_pytorch,
    "yolo": read_yolo,
}


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    if not lxml_etree:
        print("SKIPPED: lxml is not installed; pascal_voc is read by xml.etree alone",
              file=sys.stderr)
    if not yaml:
        print("SKIPPED: yaml is not installed; data.yaml of yolo is read by its lines",
              file=sys.stderr)
    annotations = os.path.join(arguments[1], "annotations")
    there = [name for name in READERS if os.path.isdir(os.path.join(annotations, name))]
    if not there:
        print(f"{annotations}: none of {', '.join(READERS)}", file=sys.stderr)
        return 1
    broken = False
    for name in there:
        try:
            print(name, *READERS[name](os.path.join(annotations, name)), flush=True)
        except (Broken, OSError, UnicodeDecodeError, ValueError, KeyError, TypeError,
                csv.Error) as error:
            print(f"{name}: {error}", file=sys.stderr)
            broken = True
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
