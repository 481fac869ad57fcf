"""tfrecord as the Object Detection API's TfExampleDecoder asks for its keys."""
import os

from tfrecord_read_back import example, records

from .corpus import Found, compare, expect, inside
from .tables import extents

# What is asked for exactly one value of; with what the decoder takes where the key is not there.
SINGLE = {"image/height": int, "image/width": int, "image/filename": bytes,
          "image/source_id": bytes, "image/format": bytes, "image/encoded": bytes,
          "image/key/sha256": bytes}
NEEDED = ("image/height", "image/width", "image/filename", "image/source_id", "image/format")
OBJECT = "image/object/"
SIDES = ("xmin", "ymin", "xmax", "ymax")
LISTS = {"bbox/xmin": float, "bbox/xmax": float, "bbox/ymin": float, "bbox/ymax": float,
         "class/label": int, "class/text": bytes, "area": float, "is_crowd": int,
         "difficult": int, "group_of": int}



def read_examples(folder):
    with open(os.path.join(folder, "annotations.tfrecord"), "rb") as stream:
        for data in records(stream):
            features = example(data)
            for key, kind in SINGLE.items():
                values = features.get(key)
                expect(values is not None or key not in NEEDED, key, "is not there")
                expect(values is None or len(values) == 1 and isinstance(values[0], kind), key, "is",
                       values)
            yield features


def label_map(folder):
    """Numbers and names of label_map.pbtxt."""
    found, number = {}, None
    with open(os.path.join(folder, "label_map.pbtxt"), encoding="utf-8") as file:
        for line in file.read().split("\n"):
            key, _, value = line.strip().partition(": ")
            if key == "id":
                number = int(value)
            elif key == "name":
                escaped = value[1:-1].encode()
                found[number] = escaped.decode("unicode_escape").encode("latin-1").decode()
    return found


def read_tfrecord(folder, project, _settings, _name):
    names = {tag["index"] + 1: tag["name"] for tag in project.tags}
    expect(label_map(folder) == names, "label_map.pbtxt has", label_map(folder))
    found, wanted = [], []
    for features, image in zip(read_examples(folder), project.images):
        size = features["image/width"] + features["image/height"]
        expect(size == [image.width, image.height], image.asset_id, "has the size", size)
        lists = {key: features.get(OBJECT + key) for key in LISTS}
        expect(None not in lists.values(), "there are not",
               [key for key, values in lists.items() if values is None])
        lengths = {len(values) for values in lists.values()}
        expect(len(lengths) == 1, image.asset_id, "has lists of the lengths", lengths)
        entries = []
        for i, label in enumerate(lists["class/label"]):
            expect(lists["class/text"][i].decode() == names[label], image.asset_id, "label", label)
            corners = tuple(lists["bbox/" + side][i] for side in SIDES)
            expect(corners[0] <= corners[2] and corners[1] <= corners[3], "turned", corners)
            flags = {lists[key][i] for key in ("is_crowd", "difficult", "group_of")}
            expect(flags == {0}, image.asset_id, "has the flags", flags)
            entries.append((label, corners))
        found.append(Found(features["image/filename"][0].decode(), entries))
    count = sum(1 for _ in read_examples(folder))
    expect(count == len(project.images), count, "images instead of", len(project.images))
    for image in project.images:
        boxes = [(project.tags[one.line]["index"] + 1, inside(one.extent)) for one in extents(image)]
        wanted.append((image, [(label, box) for label, box in boxes if box]))
    return compare(found, wanted, project, lambda _image, number: abs(number) * 1e-7 + 1e-12)


def read_classes(folder, project, _settings, _name):
    names = {tag["index"] + 1: tag["name"] for tag in project.tags}
    found = []
    for features in read_examples(folder):
        labels, texts = features["image/class/label"], features["image/class/text"]
        expect([names[label] for label in labels] == [text.decode() for text in texts], "labels",
               labels, texts)
        found.append(Found(features["image/filename"][0].decode(), [(label, ()) for label in labels]))
    wanted = [(image, [(project.tags[one.line]["index"] + 1, ()) for one in image.annotations
                       if one.type == "Classification"]) for image in project.images]
    return compare(found, wanted, project, lambda _image, _number: 0)
