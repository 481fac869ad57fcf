"""The region that a ring covers, exactly and as OpenCV fills it: all places that the ring runs around
once, thrice, and so on, as for all who draw masks (OpenCV, PIL, pycocotools)."""
import numpy

FINEST = 512  # pixels across, of a ring that is drawn


def shoelace(ring):
    x, y = ring[:, 0], ring[:, 1]
    return abs(float(numpy.dot(x, numpy.roll(y, -1)) - numpy.dot(y, numpy.roll(x, -1)))) / 2


def crossings(ring):
    """Heights where two edges of a ring cross."""
    step = numpy.roll(ring, -1, axis=0) - ring
    low, high = numpy.minimum(ring, ring + step), numpy.maximum(ring, ring + step)
    # Pairs whose extents meet: few, though the ring be long.
    near = (low[:, None, :] <= high[None, :, :]).all(axis=2)
    one, other = numpy.nonzero(numpy.triu(near & near.T, 2))
    between = ring[other] - ring[one]
    cross = step[one, 0] * step[other, 1] - step[one, 1] * step[other, 0]
    real = cross != 0
    one, other, between, cross = one[real], other[real], between[real], cross[real]
    along = (between[:, 0] * step[other, 1] - between[:, 1] * step[other, 0]) / cross
    beside = (between[:, 0] * step[one, 1] - between[:, 1] * step[one, 0]) / cross
    meets = (along > 0) & (along < 1) & (beside > 0) & (beside < 1)
    return (ring[one, 1] + along * step[one, 1])[meets]


def covered(ring):
    """The area of a ring, an array of points, and whether it only retraces itself: then no place is
    left, and its area is that of all that it runs around at all."""
    if len(ring) < 3:
        return 0.0, False
    met = crossings(ring)
    if len(met) == 0 and not doubled(ring):
        return shoelace(ring), False
    heights = numpy.unique(numpy.concatenate([ring[:, 1], met]))
    following = numpy.roll(ring, -1, axis=0)
    low, high = numpy.minimum(ring[:, 1], following[:, 1]), numpy.maximum(ring[:, 1], following[:, 1])
    area = odd = 0.0
    for below, above in zip(heights[:-1], heights[1:]):
        middle = (below + above) / 2
        edges = (low < middle) & (high > middle)
        part = (middle - ring[edges, 1]) / (following[edges, 1] - ring[edges, 1])
        xs = ring[edges, 0] + part * (following[edges, 0] - ring[edges, 0])
        order = numpy.argsort(xs, kind="stable")
        xs, down = xs[order], (following[edges, 1] > ring[edges, 1])[order]
        times = numpy.cumsum(numpy.where(down, 1, -1))[:-1]
        widths = numpy.diff(xs) * (above - below)
        area += float(widths[times != 0].sum())
        odd += float(widths[times % 2 != 0].sum())
    retraced = odd <= area * 1e-9
    return (area if retraced else odd), retraced


def doubled(ring):
    """Whether a point comes twice, so that edges may lie upon one another or the ring touch itself."""
    return len(numpy.unique(ring, axis=0)) < len(ring)


def filled(ring):
    """The area that OpenCV fills, and by how much its pixels may be off."""
    import cv2
    low, high = ring.min(axis=0), ring.max(axis=0)
    scale = FINEST / max(float((high - low).max()), 1e-12)
    bits = 8
    points = (ring - low) * scale + 1
    width, height = (int(side) + 3 for side in points.max(axis=0))
    mask = numpy.zeros((height, width), numpy.uint8)
    cv2.fillPoly(mask, [numpy.round(points * (1 << bits)).astype(numpy.int32)], 1, shift=bits)
    around = numpy.roll(points, -1, axis=0) - points
    length = float(numpy.hypot(around[:, 0], around[:, 1]).sum())
    return float(cv2.countNonZero(mask)) / scale / scale, 2 * (length + 8) / scale / scale


def mask_of(ring, width, height):
    """The pixels whose centres a ring surrounds, as OpenCV fills them."""
    import cv2
    mask = numpy.zeros((height, width), numpy.uint8)
    bits = 4
    points = numpy.clip(ring - 0.5, -1e5, 1e5)
    cv2.fillPoly(mask, [numpy.round(points * (1 << bits)).astype(numpy.int32)], 1, shift=bits)
    return mask


def perimeter(ring):
    around = numpy.roll(ring, -1, axis=0) - ring
    return float(numpy.hypot(around[:, 0], around[:, 1]).sum())
