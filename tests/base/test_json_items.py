import io
import json
import tracemalloc

import pytest

from microblog.base.json_items import LONGEST, BadJSON, items_after_prefix, items_of

NO_JSON = "It is too long, or no JSON."


def items(text, name="posts", others=None):
    data = text if isinstance(text, bytes) else text.encode()
    return [(item.value, item.error) for item in items_of(io.BytesIO(data), name, others)]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1],
        [12345678, "a", None, True, [], {}],
        ['"]},{[', "\\", 'back\\" slash', "把博客 👩‍👩‍👧", "\u2028"],
        [[[[1], {"a": ["]"]}]], {"posts": []}],
        ["x" * LONGEST, "y"],
        list(range(100_000)),
    ],
    ids=["none", "one", "kinds", "strings", "nested", "long", "many"],
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_each_item_comes_as_the_standard_decoder_reads_it(values, indent, ascii_only):
    text = json.dumps({"version": 1, "posts": values, "more": 0}, indent=indent, ensure_ascii=ascii_only)

    assert items("\ufeff" + text) == [(value, None) for value in values]


def test_members_before_the_array_are_kept_unless_they_cannot_be_read():
    others = {}

    items(
        '{"id": "x", "bad": NaN, "long": ["' + "y" * 2 * LONGEST + '"], "tag": [1], "posts": [], "z": 1}',
        "posts",
        others,
    )

    assert others == {"id": "x", "tag": [1]}


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (b"NaN", NO_JSON),
        (b"[1, oops]", NO_JSON),
        (b'{"a": "\\"]}", "b": }', NO_JSON),
        (b"1" * 5000, NO_JSON),
        (b'["' + b"x" * 2 * LONGEST + b'\\""]', NO_JSON),
        (b"[" * 100_000 + b"]" * 100_000, "It is nested too deeply."),
        (b'"\xff"', "It is not in UTF-8."),
    ],
)
def test_what_is_wrong_with_one_item_is_told_of_it_alone(bad, error):
    assert items(b'{"posts": ["before", ' + bad + b', {"after": "]"}]}') == [
        ("before", None),
        (None, error),
        ({"after": "]"}, None),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        "[]",
        '{"posts"',
        '{"posts":',
        '{"posts": 1}',
        '{"other": []}',
        '{"posts": [1 2]}',
        "{" * 9999,
    ],
)
def test_what_has_no_such_array_is_refused(text):
    with pytest.raises(BadJSON):
        items(text)


def test_what_is_cut_off_is_refused_wherever():
    text = json.dumps({"posts": [{"body": 'a "b" ü', "n": 12}, "x"]}, ensure_ascii=False).encode()

    for length in range(len(text) - len("}")):
        with pytest.raises(BadJSON):
            items(text[:length])


def test_the_scripts_of_another_site_are_arrays_behind_a_prefix():
    file = io.BytesIO(b'window.YTD.tweets.part0 = [ {"tweet": {"id_str": "1"}},\n 2 ]')

    assert [item.value for item in items_after_prefix(file)] == [{"tweet": {"id_str": "1"}}, 2]


def test_memory_stays_flat():
    class Endless(io.RawIOBase):
        left = 100

        def read(self, size):
            self.left -= 1
            return (b'{"body": "' + b"x" * 100 + b'"},') * (size // 100) if self.left else b"0]}"

    file = Endless()
    file.read = _first(b'{"posts": [', file.read)
    tracemalloc.start()
    try:
        count = sum(1 for _ in items_of(file, "posts"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count > 50_000
    assert peak < 2 * 1024**2


def _first(data, read):
    """*read*, but the first time it gives *data*."""
    pieces = [data]
    return lambda size: pieces.pop() if pieces else read(size)
