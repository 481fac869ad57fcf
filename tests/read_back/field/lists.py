"""yolo_darknet as both darknets find labels, yolo_keras_pytorch as keras-yolo3 parts its lines."""
import os

from .corpus import Found, compare, expect, inside
from .tables import extents
from .voc import check_rounding
from .yolo import centred, parsed, to_pixels

# The first darknet replaces in this order, each where it stands first in the path.
FIRST_DARKNET = [("images", "labels"), ("JPEGImages", "labels"), ("raw", "labels"),
                 (".jpg", ".txt"), (".png", ".txt"), (".JPG", ".txt"), (".JPEG", ".txt")]
# AlexeyAB's replaces folders, then the extension where the path ends with it.
FOLDERS = [("/images/train2017/", "/labels/train2017/"), ("/images/val2017/", "/labels/val2017/"),
           ("/JPEGImages/", "/labels/"), ("/images/train2014/", "/labels/train2014/"),
           ("/images/val2014/", "/labels/val2014/")]
EXTENSIONS = (".jpg", ".JPG", ".jpeg", ".JPEG", ".png", ".PNG", ".bmp", ".BMP", ".ppm", ".PPM",
              ".tiff", ".TIFF")


def first_darknet(path):
    for old, new in FIRST_DARKNET:
        path = path.replace(old, new, 1)
    return path


def later_darknet(path):
    for old, new in FOLDERS:
        path = path.replace(old, new, 1)
    path = path.strip(" \t\r\n")
    for extension in EXTENSIONS:
        if path.endswith(extension):
            return path[:-len(extension)] + ".txt"
    return path


def lines_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return file.read().split("\n")[:-1]


def read_darknet(folder, project, _settings, _name):
    data = dict(line.replace(" ", "").split("=") for line in lines_of(folder, "obj.data"))
    names = lines_of(folder, data["names"])
    expect(int(data["classes"]) == len(names) == len(project.names), "classes are", names)
    found, others = [], 0
    listed = dict.fromkeys(line for key in ("train", "valid", "test") if key in data
                           for line in lines_of(folder, data[key]))
    for line in listed:
        labels = later_darknet(line)
        if os.path.splitext(line)[1] in (".jpg", ".png", ".JPG", ".JPEG"):
            expect(first_darknet(line) == labels, line, "has labels in", first_darknet(line),
                   "and", labels)
        elif not labels.endswith(".txt"):
            others += 1  # no darknet reads such a picture
            labels = line.replace("/JPEGImages/", "/labels/", 1)
            stem = os.path.splitext(labels)[0] + ".txt"
            labels = stem if os.path.isfile(os.path.join(folder, stem)) else labels + ".txt"
        path = os.path.join(folder, labels)
        expect(os.path.isfile(path), "no labels for", line)
        name = os.path.relpath(os.path.join(folder, line), os.path.join(folder, "JPEGImages"))
        found.append(Found(name, parsed(path, len(names), 5)))
    if others:
        print(f"    {others} images have extensions that no darknet knows")
    wanted = []
    for one, image in zip(found, project.images):
        boxes = [(box.line, inside(box.extent)) for box in extents(image)]
        wanted.append((image, [(line, to_pixels(centred(box), image, 0)) for line, box in boxes if box]))
        one.entries = [(line, to_pixels(numbers, image, 0)) for line, numbers in one.entries]
    expect(len(found) == len(project.images), len(found), "images instead of", len(project.images))
    return compare(found, wanted, project, lambda _image, _number: 1e-6, whole_names=False)


def read_keras(folder, project, _settings, _name):
    names = lines_of(folder, "classes.txt")
    expect(len(names) == len(project.names), "classes are", names)
    found, wanted = [], []
    for line in lines_of(folder, "annotations.txt"):
        name, *boxes = line.split()
        entries = []
        for box in boxes:
            *corners, label = map(int, box.split(","))
            entries.append((label, tuple(corners)))
        found.append(Found(name, entries))
    for image in project.images:
        boxes = [(one.line, inside(one.extent)) for one in extents(image)]
        wanted.append((image, [(line, image.pixels(box)) for line, box in boxes if box]))
    counts = compare(found, wanted, project, lambda _image, _number: 1)
    for one, (image, entries) in zip(found, wanted):
        for (_, corners), (_, exact) in zip(one.entries, entries):
            for low, high, side in ((0, 2, image.width), (1, 3, image.height)):
                expect(0 <= corners[low] < corners[high] <= side, one.name, "has the box", corners)
            check_rounding(image, corners, exact)
    return counts
