"""What the explorer draws, without a widget: the stack, the files, one file, the waste, two images."""

from __future__ import annotations

import json
import random

import pytest

from labhelpers.analysis.difference import difference
from labhelpers.analysis.replay import Reason
from labhelpers.analysis.waste import analyse
from labhelpers.errors import UsageError
from labhelpers.image import Image
from labhelpers.samples import Node, hard_link, sample_image
from labhelpers.view import one, stack, static, words
from labhelpers.view.explorer import Explorer
from labhelpers.view.rows import Filter, parse_filter
from labhelpers.view.waste import advice, waste

HISTORY = [
    {"created_by": "/bin/sh -c #(nop) ADD file:abc in / "},
    {"created_by": '/bin/sh -c #(nop)  CMD ["sh"]', "empty_layer": True},
    {"created_by": "RUN /bin/sh -c rm big # buildkit"},
    {"created_by": "COPY a /a # buildkit"},
    {"created_by": "ENV X=1", "empty_layer": True},
]


@pytest.fixture
def image() -> Image:
    return sample_image(
        [
            {
                "etc": None,
                "etc/passwd": b"root\n",
                "a/b/c": b"x" * 1000,
                "big": b"1" * 5000,
                "d/x": b"1",
                "d/y": b"2",
            },
            {"etc/passwd": b"root\nme\n", ".wh.big": b"", "a/b/c": Node(content=b"x" * 1000, mode=0o600)},
            {"a/new": b"hello", "d": b"now a file"},
        ],
        history=HISTORY,
    )


@pytest.fixture
def explorer(image: Image) -> Explorer:
    return Explorer(analyse(image))


def rows(explorer: Explorer, **question: object) -> list[tuple[str, str]]:
    found = explorer.answer({"what": "rows", "count": 400, **question})
    return [(row["id"], row["change"]) for row in found["rows"]]


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ('/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=1 B=2 /bin/sh -c make # buildkit", "RUN make"),
        ("|1 A=1 /bin/sh -c make", "RUN make"),
        ("COPY . /app # buildkit", "COPY . /app"),
        ("RUN   many\n  spaces", "RUN many spaces"),
        ("", words.UNKNOWN_STEP),
        ("RUN echo \u202etxt", "RUN echo \\u202etxt"),
    ],
)
def test_instructions_are_as_their_author_wrote_them(recorded: str, shown: str) -> None:
    assert words.instruction(recorded) == shown


def test_the_stack_has_a_box_for_each_layer_and_a_line_for_each_other_step(explorer: Explorer) -> None:
    items = explorer.picture()["stack"]
    assert [(item["kind"], item["instruction"]) for item in items] == [
        ("step", "ENV X=1"),
        ("layer", "COPY a /a"),
        ("layer", "RUN rm big"),
        ("step", 'CMD ["sh"]'),
        ("layer", "ADD file:abc in /"),
    ]
    base = items[-1]
    assert (base["size_text"], base["waste_text"], base["waste_share"]) == ("6.0 kB", "6.0 kB", 1.0)
    assert (base["added"], base["modified"], base["removed"]) == (5, 0, 0)


def test_larger_layers_are_never_drawn_smaller_and_all_can_be_clicked() -> None:
    sizes = [0, 1, 1_000, 600_000_000, 600_000_001, 2_000]
    tall = stack.heights(sizes)
    assert min(tall) >= 40
    assert [tall[n] for n in sorted(range(len(sizes)), key=sizes.__getitem__)] == sorted(tall)
    assert stack.heights([]) == []
    assert sum(stack.heights([10**9] * 12)) < 900


def test_every_size_says_what_it_is(explorer: Explorer) -> None:
    head = explorer.picture()["header"]
    assert [item["label"] for item in head["sizes"]] == ["Content size", "Reclaimable", "Efficiency"]
    assert "1 kB = 1,000 bytes" in head["units"]
    assert stack.percent(1.0) == "100 %"
    assert stack.percent(0.99999) == "99.9 %"


def test_a_layer_alone(explorer: Explorer) -> None:
    assert rows(explorer, mode="layer", layer=1) == [
        ("/a", ""),
        ("/a/b", ""),
        ("/a/b/c", "metadata"),
        ("/big", "removed"),
        ("/etc", ""),
        ("/etc/passwd", "modified"),
    ]


def test_the_filesystem_up_to_a_layer_shows_what_it_removed(explorer: Explorer) -> None:
    assert ("/big", "removed") in rows(explorer, mode="files", layer=1)
    assert "/big" not in dict(rows(explorer, mode="files", layer=2))
    found = explorer.answer({"what": "rows", "mode": "files", "layer": 2, "count": 400})["rows"]
    assert {row["id"]: row.get("layer") for row in found if not row["folder"]} == {
        "/a/b/c": 1,
        "/a/new": 2,
        "/d/x": 0,
        "/d/y": 0,
        "/etc/passwd": 1,
    }


def test_a_folder_that_became_a_file_is_a_file_that_opens_on_what_is_gone(explorer: Explorer) -> None:
    found = explorer.answer({"what": "rows", "mode": "layer", "layer": 2, "count": 400})["rows"]
    row = next(row for row in found if row["id"] == "/d")
    assert (row["kind"], row["folder"], row["change"]) == ("file", True, "added")
    assert ("/d/x", "removed") in rows(explorer, mode="layer", layer=2)


def test_what_later_layers_hide_says_who_hides_it(explorer: Explorer) -> None:
    found = explorer.answer({"what": "rows", "mode": "layer", "layer": 0, "count": 400})
    hidden = {row["id"]: row["hidden"] for row in found["rows"] if "hidden" in row}
    assert hidden["/big"] == "hidden by layer 1"
    assert hidden["/d/x"] == "hidden by layer 2"
    assert found["counts"]["hidden"] == 5


def test_sorting_by_size_puts_the_largest_first_in_each_folder(explorer: Explorer) -> None:
    found = [path for path, _ in rows(explorer, mode="layer", layer=0, order="size")]
    assert [path for path in found if path.count("/") == 1] == ["/big", "/a", "/etc", "/d"]
    back = [path for path, _ in rows(explorer, mode="layer", layer=0, order="size", reverse=True)]
    assert [path for path in back if path.count("/") == 1] == ["/d", "/etc", "/a", "/big"]


@pytest.mark.parametrize(
    ("text", "kinds", "files"),
    [
        ("PASS", (), ["/etc/passwd"]),
        ("/etc", (), ["/etc/passwd"]),
        ("re:/[xy]$", (), ["/d/x", "/d/y"]),
        ("size>1kB", (), ["/a/b/c", "/big"]),
        ("c size>900", (), ["/a/b/c"]),
        ("", ("hidden",), ["/a/b/c", "/big", "/d/x", "/d/y", "/etc/passwd"]),
        ("nothing such", (), []),
    ],
)
def test_a_filter_keeps_what_matches_and_the_folders_above(
    explorer: Explorer, text: str, kinds: tuple[str, ...], files: list[str]
) -> None:
    found = explorer.answer(
        {"what": "rows", "mode": "layer", "layer": 0, "filter": text, "kinds": list(kinds), "count": 400}
    )
    assert [row["id"] for row in found["rows"] if not row["folder"]] == files
    assert found["matched"] == len(files)
    assert found["total"] == len(found["rows"])


def test_filters_are_read_in_parts() -> None:
    assert parse_filter("a b size>1MB") == Filter("a b", False, 1_000_000)
    assert parse_filter("re: ^/x size>1kB") == Filter("^/x", True, 1000)
    for wrong in ("re:(", "x size>many"):
        with pytest.raises(UsageError):
            parse_filter(wrong)


def test_windows_of_rows_are_the_same_as_all_rows() -> None:
    """Whatever is open, and however it is asked for: a model in four lines says what must come out."""
    chance = random.Random(4)
    files = {f"{a}/{b}/{c}": b"1" for a in "abc" for b in "xyz" for c in range(chance.randrange(1, 9))}
    explorer = Explorer(analyse(sample_image([files])))
    ask = {"mode": "files", "layer": 0}
    opened: set[str] = set()
    for path in ("/a", "/b", "/c", *(f"/{a}/{b}" for a in "abc" for b in "xyz")):
        explorer.answer({"what": "toggle", "path": path, "open": False, **ask})
    for _ in range(60):
        path = "/" + chance.choice(["a", "b", "c", "a/x", "b/y", "c/z", "a/z"])
        opened ^= {path}
        explorer.answer({"what": "toggle", "path": path, "open": path in opened, **ask})
        every = sorted({"/" + "/".join(f.split("/")[:n]) for f in files for n in (1, 2, 3)})
        expected = [
            p for p in every if all("/".join(p.split("/")[:n]) in opened for n in range(2, p.count("/") + 1))
        ]
        found = explorer.answer({"what": "rows", "start": 0, "count": 400, **ask})
        assert found["total"] == len(expected)
        assert [row["id"] for row in found["rows"]] == expected
        start = chance.randrange(len(expected))
        part = explorer.answer({"what": "rows", "start": start, "count": 3, **ask})["rows"]
        assert [row["id"] for row in part] == expected[start : start + 3]


def test_finding_a_path_opens_the_folders_above_it(explorer: Explorer) -> None:
    ask = {"mode": "files", "layer": 1}
    for path in ("/a/b", "/a"):
        explorer.answer({"what": "toggle", "path": path, "open": False, **ask})
    assert "/a/b/c" not in dict(rows(explorer, **ask))
    found = explorer.answer({"what": "find", "path": "/a/b/c", **ask})
    assert rows(explorer, **ask)[found["index"]][0] == "/a/b/c"
    assert explorer.answer({"what": "find", "path": "/nowhere", **ask})["index"] is None


def test_jumping_from_change_to_change_goes_round(explorer: Explorer) -> None:
    ask: dict[str, object] = {"what": "change", "mode": "files", "layer": 1}
    seen = []
    path = None
    for _ in range(4):
        path = explorer.answer({**ask, "path": path})["path"]
        seen.append(path)
    assert seen == ["/a/b/c", "/big", "/etc/passwd", "/a/b/c"]
    assert explorer.answer({**ask, "path": "/a/b/c", "back": True})["path"] == "/etc/passwd"


def test_typing_goes_to_the_next_name(explorer: Explorer) -> None:
    ask = {"what": "typed", "mode": "layer", "layer": 0}
    every = [path for path, _ in rows(explorer, mode="layer", layer=0)]
    assert every[explorer.answer({**ask, "text": "B", "after": 0})["index"]] == "/a/b"
    assert every[explorer.answer({**ask, "text": "bi", "after": 0})["index"]] == "/big"
    assert explorer.answer({**ask, "text": "zz", "after": 0})["index"] is None


def test_one_file_has_all_its_versions(explorer: Explorer) -> None:
    found = explorer.answer({"what": "one", "path": "/etc/passwd"})
    assert [(row["layer"], row["state"]) for row in found["versions"]] == [(0, "hidden"), (1, "shown")]
    assert found["sentence"] == "Stored in layers 0 and 1; the image shows the one of layer 1."
    gone = explorer.answer({"what": "one", "path": "/big", "mode": "layer", "layer": 0})
    assert gone["sentence"] == "Stored in layer 0; the image shows none of them: a later layer removed it."


def test_content_is_text_or_hexadecimal_digits_up_to_a_limit() -> None:
    explorer = Explorer(
        analyse(
            sample_image(
                [
                    {
                        "t": b"caf\xc3\xa9\n\x1b[31mred",
                        "b": b"\0\1\2ab",
                        "e": b"",
                        "long": b"x" * 70_000,
                        "l": hard_link("t"),
                    }
                ]
            )
        )
    )

    def look(path: str, **more: object) -> dict[str, object]:
        return explorer.answer({"what": "content", "path": path, "at": 0, **more})

    assert look("/t")["text"] == "café\n\\x1b[31mred"
    assert look("/l")["text"] == look("/t")["text"]
    assert look("/b")["form"] == "hex"
    assert str(look("/b")["text"]).startswith("00000000  00 01 02 61 62")
    assert look("/e")["note"] == "The file is empty."
    assert look("/long")["note"] == "The first 64.0 kB of 70.0 kB."
    assert str(look("/t", form="hex")["text"]).startswith("00000000  63 61 66 c3 a9")
    with pytest.raises(UsageError):
        look("/t", at=7)


def test_two_versions_differ_in_lines_or_in_a_sentence(explorer: Explorer) -> None:
    found = explorer.answer({"what": "difference", "path": "/etc/passwd", "first": 0, "second": 1})
    assert found["lines"] == [["place", "@@ -1 +1,2 @@"], ["same", " root"], ["added", "+me"]]
    same = explorer.answer({"what": "difference", "path": "/a/b/c", "first": 0, "second": 1})
    assert (same["note"], same["lines"]) == ("The content is the same.", [])
    binary = sample_image([{"f": b"\0abc"}, {"f": b"\0abd"}])
    assert "number 3" in one.difference(binary, "f", 0, 1)["note"]


def test_text_that_is_cut_in_a_character_is_text_all_the_same() -> None:
    assert one.as_text("é".encode() * 3 + "é".encode()[:1], whole=False) == "ééé"
    assert one.as_text(b"\xff\xfe") is None


def test_waste_names_both_layers_and_gives_advice(image: Image) -> None:
    analysis = analyse(image)
    found = waste(analysis)
    assert found["sentence"].startswith("6.0 kB in 5 files")
    first = found["rows"][0]
    assert (first["path"], first["stored_in"], first["hidden_in"], first["why"]) == ("/big", 0, 1, "removed")
    assert ".dockerignore" in first["advice"]
    metadata = next(item for item in analysis.reclaimable if item.reason is Reason.METADATA)
    assert "--chmod" in advice(analysis, metadata)


@pytest.mark.parametrize(
    ("lower", "upper", "steps", "says"),
    [
        ({"opt/x": b"1"}, {"opt/.wh.x": b""}, ("RUN a", "RUN b"), "Join the two RUN steps"),
        ({"var/cache/x": b"1"}, {"var/cache/.wh.x": b""}, ("RUN a", "RUN b"), "Remove the cache"),
        ({"app/.env": b"1"}, {"app/.wh..env": b""}, ("COPY . /app", "RUN rm"), "change the secret"),
        ({"x": b"1"}, {"x": b"2"}, ("RUN a", "RUN b"), "Join the two RUN steps"),
        ({"x": b"1"}, {"x": Node(content=b"1", mode=0o755)}, ("RUN a", "RUN b"), "same RUN step"),
        ({"x/y": b"1"}, {"x": b""}, ("RUN a", "RUN b"), "whether this name is a folder"),
    ],
)
def test_advice_fits_the_steps(lower: dict, upper: dict, steps: tuple[str, str], says: str) -> None:
    analysis = analyse(sample_image([lower, upper], history=[{"created_by": step} for step in steps]))
    assert says in advice(analysis, analysis.reclaimable[0])


def test_two_images_share_a_base_that_is_drawn_once(image: Image) -> None:
    base = {"etc/passwd": b"root\n", "keep": b"1"}
    first, second = sample_image([base, {"a": b"1"}]), sample_image([base, {"b": b"22"}, {".wh.keep": b""}])
    a, b = analyse(first), analyse(second)
    explorer = Explorer(a, other=(b, difference(first, second)))
    fork = explorer.picture()["compare"]
    assert (fork["shared"], fork["base_items"], len(fork["other"])) == (1, 1, 2)
    assert "share 1 layer" in fork["sentence"]
    assert "1 byte more than A" in fork["sentence"]
    assert rows(explorer, mode="compare") == [("/a", "removed"), ("/b", "added"), ("/keep", "removed")]
    assert explorer.modes[-1] == "compare"
    assert (
        explorer.answer({"what": "one", "mode": "compare", "path": "/b"})["sentence"] == "A does not have it."
    )
    assert explorer.answer({"what": "one", "mode": "compare", "path": "/a"})["sentence"].startswith("In A: ")


HOSTILE = "<img src=x onerror=alert(1)>\u202ecod.exe\x1b[31m\n\\"


def test_names_are_escaped_wherever_they_go() -> None:
    image = sample_image(
        [
            {f"{HOSTILE}/f": b"1", b"\xff.txt".decode("utf-8", "surrogateescape"): b"2"},
            {f".wh.{HOSTILE}": b""},
        ],
        history=[{"created_by": f"RUN {HOSTILE}"}, {"created_by": "RUN rm"}],
    )
    explorer = Explorer(analyse(image))
    shown = json.dumps([explorer.picture(), *(explorer.answer({"what": "rows", "layer": n}) for n in (0, 1))])
    assert "\\ud" not in shown.lower()
    for char in "\u202e\x1b":
        assert char not in json.loads(json.dumps(shown))
    assert "\\\\xff.txt" in shown
    html = static.page(explorer.picture())
    assert "<img" not in html
    # What is shown leads back to the name, although it cannot travel as it is.
    found = explorer.answer({"what": "one", "path": "/\\xff.txt", "mode": "files"})
    assert found["versions"]
    top = explorer.answer({"what": "rows", "mode": "layer", "layer": 0})["rows"][0]["id"]
    assert explorer.answer({"what": "toggle", "path": top, "open": True, "layer": 0})["total"] == 3


def test_an_image_without_layers_is_an_image() -> None:
    explorer = Explorer(analyse(sample_image([])))
    assert explorer.picture()["stack"] == []
    for mode in ("layer", "files"):
        assert rows(explorer, mode=mode) == []
    assert explorer.answer({"what": "layer", "layer": 0})["facts"] == []
    assert static.page(explorer.picture())


def test_unknown_questions_are_refused_in_words(explorer: Explorer) -> None:
    with pytest.raises(UsageError):
        explorer.answer({"what": "everything"})


def test_the_static_picture_has_no_script_and_no_address(explorer: Explorer) -> None:
    html = static.page(explorer.picture())
    assert "<script" not in html
    assert "://" not in html
    assert "RUN rm big" in html
    assert "/big" in html
    assert html.count('scope="col"') == 9


def test_depth_is_no_danger() -> None:
    deep = "/".join("d" for _ in range(200))
    explorer = Explorer(analyse(sample_image([{f"{deep}/f": b"1"}])))
    found = explorer.answer({"what": "rows", "mode": "layer", "filter": "/f", "count": 5, "start": 198})
    assert found["total"] == 201
    assert found["rows"][-1]["depth"] == 200
