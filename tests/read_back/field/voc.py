"""pascal_voc with lxml, and as torchvision's VOCDetection reads it."""
import os
import tempfile

from .corpus import Found, Wrong, compare, expect, inside
from .tables import extents

LARGEST = 2_000_000  # pixels of a picture that is made
MOST = 40            # pictures that are made and opened


def whole(folder, *path):
    with open(os.path.join(folder, *path), encoding="utf-8") as file:
        return file.read()


def listed(folder, name):
    text = whole(folder, "ImageSets", "Main", name + ".txt")
    stems = text.split("\n")[:-1]
    # Readers that want the first word of a line, and those that part the file at blanks.
    expect(text.split() == stems, name, "is not the same to readers that part lines at blanks")
    return stems


def number(node, path):
    text = node.findtext(path)
    expect(text is not None and text.isdigit(), path, "is", text)
    return int(text)


def document(path, stem):
    from lxml import etree
    root = etree.parse(path).getroot()
    filename = root.findtext("filename")
    expect(os.path.splitext(filename)[0] == stem or filename == stem, path, "says", filename)
    size = [number(root, "size/" + side) for side in ("width", "height")]
    entries = []
    for node in root.findall("object"):
        corners = tuple(number(node, "bndbox/" + side) for side in ("xmin", "ymin", "xmax", "ymax"))
        for low, high, length in zip(corners[:2], corners[2:], size):
            expect(0 <= low < high <= length, path, "has the box", corners, "of", size)
        entries.append((node.findtext("name"), corners))
    return filename, size, entries


def readable(name):
    """What XML can hold of a class's name."""
    return "".join(one if one in "\t\n\r" or " " <= one < "\ufffe" or one > "\uffff" else "\ufffd"
                   for one in name)


def read_voc(folder, project, _settings, _name):
    stems = listed(folder, "trainval")
    train, val = listed(folder, "train"), listed(folder, "val")
    expect(sorted(stems) == sorted(set(train) | set(val)), "trainval is not train and val")
    found, sizes = [], []
    for stem in stems:
        path = os.path.join(folder, "Annotations", stem + ".xml")
        filename, size, entries = document(path, stem)
        found.append(Found(filename, entries))
        sizes.append(size)
    documents = os.path.join(folder, "Annotations")
    files = sorted(os.listdir(documents)) if os.path.isdir(documents) else []
    expect(sorted(stem + ".xml" for stem in stems) == files, "Annotations holds other files")
    wanted = []
    for image in project.images:
        boxes = [(one, inside(one.extent)) for one in extents(image)]
        wanted.append((image, [(readable(one.name), image.pixels(box)) for one, box in boxes if box]))
    for size, (image, _) in zip(sizes, wanted):
        expect(size == [image.width, image.height], image.asset_id, "has the size", size)
    # A side thinner than a pixel is made one.
    counts = compare(found, wanted, project, lambda _image, _number: 1, whole_names=False)
    for one, (image, entries) in zip(found, wanted):
        for (_, corners), (_, exact) in zip(one.entries, entries):
            check_rounding(image, corners, exact)
    # A line cannot hold the end of one.
    names = [" ".join(name.splitlines()) for name in project.names]
    expect(label_names(folder) == names, "labelmap.txt has", label_names(folder))
    with_torchvision(folder, stems, found, sizes)
    return counts


def check_rounding(image, corners, exact):
    """Each corner is the nearest whole pixel where that leaves the box a pixel wide and high."""
    for side in (0, 1):
        low, high = exact[side], exact[side + 2]
        if high - low < 1:
            expect(corners[side + 2] - corners[side] <= 2, image.asset_id, corners, "of", exact)
            continue
        expect(max(abs(corners[side] - low), abs(corners[side + 2] - high)) <= 0.5 + 1e-6
               or high - low < 1.5, image.asset_id, corners, "instead of", exact)


def label_names(folder):
    """labelmap.txt as CVAT and datumaro have it: name:colour:parts:actions."""
    names = []
    for line in whole(folder, "labelmap.txt").split("\n")[:-1]:
        if not line.startswith("#"):
            names.append(line.rsplit(":", 3)[0])
    return [name for name in names if name != "background"]


def with_torchvision(folder, stems, found, sizes):
    from PIL import Image
    from torchvision.datasets import VOCDetection
    with tempfile.TemporaryDirectory() as root:
        devkit = os.path.join(root, "VOCdevkit", "VOC2012")
        pictures = os.path.join(devkit, "JPEGImages")
        os.makedirs(pictures)
        for name in ("Annotations", "ImageSets"):
            os.symlink(os.path.abspath(os.path.join(folder, name)), os.path.join(devkit, name))
        small = [i for i, size in enumerate(sizes) if size[0] * size[1] <= LARGEST][:MOST]
        for i in small:
            picture = Image.new("RGB", sizes[i])
            picture.save(os.path.join(pictures, found[i].name), format="JPEG")
            # This loader opens .jpg alone.
            picture.save(os.path.join(pictures, stems[i] + ".jpg"), format="JPEG")
        loaded = VOCDetection(root, year="2012", image_set="trainval")
        expect(len(loaded) == len(stems), "torchvision finds", len(loaded), "images")
        for i in small:
            check_loaded(loaded[i], found[i], sizes[i])


def check_loaded(loaded, one, size):
    picture, target = loaded
    annotation = target["annotation"]
    if annotation["filename"] != one.name.strip() or list(picture.size) != size:
        raise Wrong(f"torchvision finds {annotation['filename']}, {picture.size}")
    boxes = []
    for entry in annotation.get("object", []):
        corners = (int(entry["bndbox"][side]) for side in ("xmin", "ymin", "xmax", "ymax"))
        boxes.append((entry["name"], tuple(corners)))
    # It strips the names of classes.
    wanted = [(name.strip(), corners) for name, corners in one.entries]
    expect(boxes == wanted, one.name, "torchvision finds", boxes, "instead of", wanted)
