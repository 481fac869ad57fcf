#!/usr/bin/env python3
"""Reads TFRecord files with nothing but the standard library and prints what they hold.

usage: tfrecord_read_back.py FILE...

One line a file: FILE images=N annotations=N labels=N,N,... (the labels that occur, sorted). Both
CRCs of every record are checked, and the wire format of every tf.train.Example; exit status 1 and a
line on stderr for the first fault.
"""

import struct
import sys


class Fault(Exception):
    pass


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def masked_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(stream):
    while header := stream.read(12):
        if len(header) < 12:
            raise Fault("a record is cut short in its header")
        length, crc = struct.unpack("<QI", header)
        if masked_crc32c(header[:8]) != crc:
            raise Fault("the CRC of a length is wrong")
        data, footer = stream.read(length), stream.read(4)
        if len(data) < length or len(footer) < 4:
            raise Fault("a record is cut short in its data")
        if masked_crc32c(data) != struct.unpack("<I", footer)[0]:
            raise Fault("the CRC of data is wrong")
        yield data


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if not byte & 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, wire type, value) of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            if at > len(data):
                raise Fault("a field reaches beyond its message")
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            raise Fault(f"field {number} has wire type {wire}")
        yield number, wire, value


def integers(message):
    values = []
    for number, wire, value in fields(message):
        if number != 1:
            raise Fault("an Int64List has a field that is none of its own")
        if wire == 0:
            values.append(value)
            continue
        at = 0
        while at < len(value):
            one, at = varint(value, at)
            values.append(one)
    return [value - (1 << 64) if value >> 63 else value for value in values]


def floats(message):
    packed = b"".join(value for _, _, value in fields(message))
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def texts(message):
    return [value for _, _, value in fields(message)]


LISTS = {1: texts, 2: floats, 3: integers}


def example(data):
    """The features of a tf.train.Example: lists by key."""
    features = {}
    for number, _, message in fields(data):
        if number != 1:
            raise Fault("an Example has a field beside its features")
        for _, _, entry in fields(message):
            pair = {number: value for number, _, value in fields(entry)}
            key = pair[1].decode()
            if key in features:
                raise Fault(f"feature {key} is there twice")
            kinds = list(fields(pair[2]))
            if len(kinds) != 1 or kinds[0][0] not in LISTS:
                raise Fault(f"feature {key} is not one list")
            features[key] = LISTS[kinds[0][0]](kinds[0][2])
    return features


BOX_KEYS = ["image/object/bbox/" + end for end in ("xmin", "xmax", "ymin", "ymax")]
FLAG_KEYS = ["image/object/" + end for end in ("difficult", "group_of", "is_crowd")]
AREA_KEY = "image/object/area"
# Of images whose bytes are not in the file.
EMPTY_KEYS = ["image/encoded", "image/key/sha256"]


def labels_of(features):
    for start in ("image/object/class/", "image/class/"):
        if start + "label" in features:
            labels = features[start + "label"]
            lists = [features[start + "text"]]
            if start == "image/object/class/":
                lists += [features[key] for key in BOX_KEYS + FLAG_KEYS + [AREA_KEY]]
                if any(any(features[key]) for key in FLAG_KEYS):
                    raise Fault("an object has a flag")
                if any(not 0 <= area for area in features[AREA_KEY]):
                    raise Fault("an object has an area below nothing")
            if any(len(values) != len(labels) for values in lists):
                raise Fault("lists of one image differ in length")
            return labels
    raise Fault("an Example has no labels")


def read_back(path):
    images = annotations = 0
    seen = set()
    with open(path, "rb") as stream:
        for data in records(stream):
            features = example(data)
            if len(features["image/filename"]) != 1 or len(features["image/source_id"]) != 1:
                raise Fault("an Example does not name its image")
            if any(features[key] != [b""] for key in EMPTY_KEYS):
                raise Fault("an Example has bytes of an image")
            labels = labels_of(features)
            images += 1
            annotations += len(labels)
            seen.update(labels)
    shown = ",".join(str(label) for label in sorted(seen))
    print(f"{path} images={images} annotations={annotations} labels={shown}")


def main(paths):
    if masked_crc32c(b"123456789") != ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) & 0xFFFFFFFF:
        raise SystemExit("the CRC-32C of this program is wrong")
    for path in paths:
        try:
            read_back(path)
        except (Fault, KeyError, IndexError) as fault:
            raise SystemExit(f"{path}: {fault}")


if __name__ == "__main__":
    main(sys.argv[1:])
