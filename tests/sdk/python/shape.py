"""Whether a decoded reply has the shape that its caller relies on."""


def assert_shape(value, shape, place="reply"):
    """A shape is a type, a function that tests, a list with one shape for all of its items, a dictionary with a
    shape for each attribute or entry that is looked at, or the very value."""
    if isinstance(shape, type):
        assert isinstance(value, shape) and not (shape is int and isinstance(value, bool)), told(place, value)
    elif callable(shape):
        assert shape(value), told(place, value)
    elif isinstance(shape, list):
        assert isinstance(value, list), told(place, value)
        assert value or not shape, f"{place} is empty"
        for at, item in enumerate(value if shape else []):
            assert_shape(item, shape[0], f"{place}[{at}]")
    elif isinstance(shape, dict):
        for key, inner in shape.items():
            found = value.get(key) if isinstance(value, dict) else getattr(value, key)
            assert_shape(found, inner, f"{place}.{key}")
    else:
        assert value == shape, f"{place} is {value!r}, not {shape!r}"


def told(place, value):
    return f"{place} is {value!r}"


def instant(value):
    """A point in time in milliseconds."""
    return isinstance(value, int) and value > 1_577_836_800_000


def identifier(value):
    """An id as text, not as JSON text."""
    return isinstance(value, str) and len(value) == 36 and value.count("-") == 4


def nothing(value):
    """What callers without a result get."""
    return value in (None, "", {})
