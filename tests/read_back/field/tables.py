"""csv_* as pandas reads them, createml as labelImg does."""
import itertools
import json
import os

from .corpus import Found, compare, expect, millionth

HEADERS = {
    "csv_fourcorner": ["filename", "xmin", "ymin", "xmax", "ymax", "label"],
    "csv_widthheight": ["filename", "x", "y", "width", "height", "label"],
    "csv_classification": ["filename", "label"],
}
BOXES = ("Rectangle", "Polygon")


def extents(image):
    return [one for one in image.annotations if one.type in BOXES and one.extent]


def sides(extent):
    x0, y0, x1, y1 = extent
    return x0, y0, x1 - x0, y1 - y0


def wanted_rows(project, header, normalized):
    """Images without a row are in no file."""
    for image in project.images:
        if len(header) == 2:
            entries = [(one.name, ()) for one in image.annotations if one.type == "Classification"]
        else:
            entries = []
            for one in extents(image):
                numbers = one.extent if normalized else image.pixels(one.extent)
                entries.append((one.name, sides(numbers) if "width" in header else numbers))
        if entries:
            yield image, entries


def read_csv(folder, project, settings, name):
    import pandas
    header = HEADERS[name]
    # Without these, "NA" is nothing and "001" the number 1.
    texts = {"filename": str, "label": str}
    table = pandas.read_csv(os.path.join(folder, "annotations.csv"), dtype=texts,
                            keep_default_na=False)
    expect(list(table.columns) == header, "the columns are", list(table.columns))
    for column in header[1:-1]:
        # A column without a row has no type.
        expect(table.empty or table[column].dtype.kind in "fi", column, "is no column of numbers")
    found = []
    for filename, group in itertools.groupby(table.itertuples(index=False), lambda row: row[0]):
        found.append(Found(filename, [(row[-1], tuple(map(float, row[1:-1]))) for row in group]))
    normalized = settings["normalized"]
    tolerance = (lambda _image, _number: 1e-12) if normalized else millionth
    return compare(found, list(wanted_rows(project, header, normalized)), project, tolerance)


def read_createml(folder, project, _settings, _name):
    with open(os.path.join(folder, "annotations.json"), encoding="utf-8") as file:
        data = json.load(file)
    found, wanted = [], []
    for entry in data:
        entries = []
        for shape in entry["annotations"]:
            box = shape["coordinates"]
            left, top = box["x"] - box["width"] / 2, box["y"] - box["height"] / 2
            entries.append((shape["label"], (left, top, left + box["width"], top + box["height"])))
        found.append(Found(entry["image"], entries))
    for image in project.images:
        wanted.append((image, [(one.name, image.pixels(one.extent)) for one in extents(image)]))
    # labelImg looks for the name of the picture that is open, without its folder.
    below = sum("/" in entry["image"] for entry in data)
    if below:
        print(f"    {below} images lie in folders, where labelImg does not find them")
    return compare(found, wanted, project, lambda *one: 2 * millionth(*one))
