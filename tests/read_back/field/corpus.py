"""What the files of one project must hold, told from the corpus that the mirror was made of.

Shares nothing with the program: the rules are those of src/CONTRACT.md, "Exports".
"""
import collections
import functools
import json
import math
import os
import unicodedata

PICTURES = "image/"  # types of assets
VIDEOS = "video/"


class Wrong(Exception):
    """A file does not hold what the corpus says."""


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(part) for part in what))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def points_of(bound):
    """A bound's points; None where it is no list of points."""
    if not isinstance(bound, list):
        return None
    for point in bound:
        if not isinstance(point, list) or len(point) not in (2, 3) or not all(map(is_number, point)):
            return None
    return [tuple(point) for point in bound]


def extent_of(points):
    if not points:
        return None
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    return min(xs), min(ys), max(xs), max(ys)


class Annotation:
    """Points are parts of the image's sides, as in the corpus."""

    def __init__(self, record, line):
        self.id = record["id"]
        self.type = record["boundType"]
        self.name = record["tag"]
        self.line = line  # in the list of classes, from 0
        # What geometry.covered() and filled() say of a ring, once a reader has asked them.
        self.area = self.filled = None
        self.points = points_of(record["bound"])
        seen = self.points
        if self.type == "Keypoints" and self.points is not None:
            seen = [point for point in self.points if len(point) < 3 or point[2] > 0]
        self.extent = extent_of(seen)

    def is_turned(self):
        """Whether it is a rectangle whose corners are no upright box."""
        if self.type != "Rectangle" or not self.points:
            return False
        x0, y0, x1, y1 = self.extent
        corners = {(x0, y0), (x0, y1), (x1, y1), (x1, y0)}
        return {point[:2] for point in self.points} != corners


class Image:
    def __init__(self, asset, frame, annotations):
        metadata = asset["metadata"]
        self.asset_id, self.filename, self.frame = asset["id"], asset["filename"], frame
        self.width, self.height = metadata["width"], metadata["height"]
        self.annotations = annotations

    def pixels(self, extent):
        x0, y0, x1, y1 = extent
        return x0 * self.width, y0 * self.height, x1 * self.width, y1 * self.height


class Project:
    """`images` in their order: pictures, and those frames of videos that have annotations."""

    def __init__(self, folder, project_id):
        self.id = project_id
        record = next(row for row in rows(folder, "projects") if row["id"] == project_id)
        self.type, self.name = record["type"], record["name"]
        tags = [tag for tag in rows(folder, "tags") if tag["projectId"] == project_id]
        self.tags = sorted(tags, key=lambda tag: tag["index"])
        self.names = [tag["name"] for tag in self.tags]
        of_asset = {}
        for row in rows(folder, "annotations"):
            if row["projectId"] == project_id:
                of_asset.setdefault(row["assetId"], []).append(row)
        assets = [row for row in rows(folder, "assets") if row["projectId"] == project_id]
        assets.sort(key=lambda row: (row["filename"].encode(), row["id"].encode()))
        stems = (folded(os.path.splitext(asset["filename"])[0]) for asset in assets)
        self.stems = collections.Counter(stems)
        self.annotations = sum(map(len, of_asset.values()))
        self.images = []
        for asset in assets:
            known = [row for row in of_asset.get(asset["id"], []) if row["tag"] in self.names]
            known.sort(key=lambda row: row["id"].encode())
            self.images += images_of(asset, known, self.names)

    def keypoints(self):
        """Of the one that has the most."""
        return max((len(one.points) for image in self.images for one in image.annotations
                    if one.type == "Keypoints" and one.points), default=0)


@functools.lru_cache(maxsize=None)  # all projects are in one file
def rows(folder, kind):
    with open(os.path.join(folder, kind + ".ndjson"), encoding="utf-8") as file:
        return [json.loads(line) for line in file.read().split("\n") if line]


def images_of(asset, records, names):
    mime = asset["metadata"]["mimeType"]
    made = [(record, Annotation(record, names.index(record["tag"]))) for record in records]
    if mime.startswith(PICTURES):
        return [Image(asset, None, [one for _, one in made])]
    if not mime.startswith(VIDEOS):
        return []
    frames = {}
    for record, one in made:
        frame = record.get("frame")
        if isinstance(frame, int) and frame >= 0:
            frames.setdefault(frame, []).append(one)
    return [Image(asset, frame, frames[frame]) for frame in sorted(frames)]


def inside(extent):
    """An extent kept within its image; None where nothing of it lies there."""
    x0, y0, x1, y1 = extent
    for low, high in ((x0, x1), (y0, y1)):
        if (high < 0 or low > 1) if low == high else (high <= 0 or low >= 1):
            return None
    return tuple(min(max(value, 0), 1) for value in extent)


def folded(name):
    """As a disk that minds neither case nor composition keeps it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Found:
    """An image as a reader found it: its name, and (class, numbers) of each annotation."""

    def __init__(self, name, entries):
        self.name, self.entries = name, entries


def check_names(found, whole_names):
    """Names lead to one file each; `whole_names`: the extension tells them apart too."""
    keys = [folded(one.name if whole_names else os.path.splitext(one.name)[0]) for one in found]
    expect(len(set(keys)) == len(keys), "two images of one name")
    for one in found:
        parts = one.name.split("/")
        expect(one.name and not one.name.startswith("/") and ".." not in parts and "" not in parts,
               "a name leads elsewhere:", one.name)


def plain(image, project):
    """Whether a name needs no change, whatever the format."""
    stem, extension = os.path.splitext(image.filename)
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    return (image.frame is None and extension in (".jpg", ".png") and 0 < len(stem) < 100 and set(stem) <= allowed
            and project.stems[stem] == 1 and "images" not in stem and "raw" not in stem)


def compare(found, wanted, project, tolerance, whole_names=True):
    """`wanted` are pairs (image, [(class, numbers)]) in order; `tolerance` is of (image, entry)."""
    expect(len(found) == len(wanted), len(found), "images instead of", len(wanted))
    check_names(found, whole_names)
    for one, (image, entries) in zip(found, wanted):
        where = f"{one.name} ({image.asset_id}):"
        if plain(image, project):
            expect(one.name == image.filename, where, "is named", image.filename)
        expect(len(one.entries) == len(entries), where, len(one.entries), "annotations instead of",
               len(entries))
        for (found_class, numbers), (wanted_class, wanted_numbers) in zip(one.entries, entries):
            expect(found_class == wanted_class, where, "class", repr(found_class), "instead of",
                   repr(wanted_class))
            expect(len(numbers) == len(wanted_numbers), where, numbers, "instead of",
                   wanted_numbers)
            for number, one_wanted in zip(numbers, wanted_numbers):
                expect(abs(number - one_wanted) <= tolerance(image, one_wanted), where, numbers,
                       "instead of", wanted_numbers)
    return len(found), sum(len(one.entries) for one in found)


def millionth(_image, number):
    """Half a millionth of a pixel, and what a double of that size cannot say."""
    return 1e-6 + abs(number) * 1e-14
