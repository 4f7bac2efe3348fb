"""The notebooks that are committed: complete, in form, true to their sources. No engine is needed."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat import NotebookNode

from labhelpers.exercises import book
from labhelpers.notebooks import convert

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SOURCES = sorted((NOTEBOOKS / "src").glob("*.py"))
LEARNERS = sorted(NOTEBOOKS.glob("*.ipynb"))
EXECUTED = sorted([*NOTEBOOKS.glob("solutions/*.ipynb"), *NOTEBOOKS.glob("slides/*.ipynb")])
PICTURES = sorted((NOTEBOOKS / "pictures").glob("*.svg"))
EVERY = [*LEARNERS, *EXECUTED]


def _id(path: Path) -> str:
    return str(path.relative_to(NOTEBOOKS))


def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _source(path: Path) -> NotebookNode:
    return convert.read_source(path.read_text(encoding="utf-8"), stem=path.stem)


def _text(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _commands(cells: list[NotebookNode]) -> set[str]:
    """The lines of cells, each command whole."""
    return {line for cell in cells for line in re.sub(r"\\\n\s*", "", cell.source).splitlines()}


def _prose(notebook: NotebookNode) -> str:
    """The text without code, links and pictures."""
    text = re.sub(r"```.*?```|`[^`]*`|<code>.*?</code>|<https?:[^>]*>", " ", _text(notebook), flags=re.DOTALL)
    return re.sub(r"!\[|\]\([^)]*\)|https?://\S+", " ", text)


def test_the_notebooks_are_what_their_sources_give(build: ModuleType, capsys) -> None:
    assert build.main(["--check", "--no-execute"]) == 0, capsys.readouterr().out


def test_no_notebook_is_without_a_source() -> None:
    numbered = {path.stem for path in SOURCES if re.match(r"\d\d_", path.stem)}
    assert {path.stem for path in LEARNERS} == numbered
    assert {path.stem for path in EXECUTED} == {path.stem for path in SOURCES}


@pytest.mark.parametrize("path", EVERY, ids=_id)
def test_it_is_valid_and_names_its_kernel(path: Path) -> None:
    notebook = _read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec == convert.KERNELSPEC
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    numbers = [int(cell.id.removeprefix(f"{path.stem}-")) for cell in notebook.cells]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", EVERY, ids=_id)
def test_nothing_of_the_machine_that_built_it_is_left(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert not re.search(r"/home/\w|/root/|token=", text)


@pytest.mark.parametrize("path", LEARNERS, ids=_id)
def test_a_learners_notebook_has_no_outputs_and_no_solutions(path: Path) -> None:
    notebook = _read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
        assert not cell.metadata
    source = _source(NOTEBOOKS / "src" / f"{path.stem}.py")
    shown = _commands(notebook.cells)
    for cell in source.cells:
        if "solution" in convert.tags(cell):
            telling = {line for line in _commands([cell]) if len(line) > len("%%sh")}
            telling = {line for line in telling if not line.startswith(("import ", "from "))}
            # A repaired file shares lines with the one to be repaired: a solution is what brings new ones.
            assert not telling or not telling <= shown, cell.id


@pytest.mark.parametrize("path", EXECUTED, ids=_id)
def test_every_output_that_is_compared_was_executed_and_is_there(path: Path) -> None:
    # nbval passes silently on a cell without an execution count, and compares nothing with nothing.
    code = [cell for cell in _read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    compared = [cell for cell in code if "nbval-ignore-output" not in convert.tags(cell)]
    assert [cell.id for cell in compared if not cell.outputs] == []
    assert len(compared) > len(code) / 2, "outputs that are not compared should be the minority"


@pytest.mark.parametrize("path", EXECUTED, ids=_id)
def test_every_check_of_a_solution_passes(path: Path) -> None:
    for cell in _read(path).cells:
        if cell.cell_type == "code" and re.search(r"^check\(", cell.source, re.MULTILINE):
            said = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
            assert "not yet" not in said, (cell.id, said)
            assert "cannot check" not in said, (cell.id, said)


@pytest.mark.parametrize("path", EXECUTED, ids=_id)
def test_an_executed_notebook_holds_no_state_and_no_terminal_codes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "widget-view" not in text
    assert "\\u001b" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("path", LEARNERS, ids=_id)
class TestForm:
    """Head, steps and foot as design says; the same for all."""

    def test_head(self, path: Path) -> None:
        head = _read(path).cells[0].source
        said = convert.about(_source(NOTEBOOKS / "src" / f"{path.stem}.py"))
        assert head.startswith(f"# {said['title']}\n")
        assert f"about {said['minutes']} minutes" in head
        assert "**You need:**" in head
        assert "![" in head
        assert "The picture in words" in head
        listed = re.findall(r"^- (.*?)[;.]$", head.split("**Time:**")[0], re.MULTILINE)
        assert len(listed) == len(said["afterwards"]) == 3

    def test_steps_and_foot_in_their_order(self, path: Path) -> None:
        headings = re.findall(r"^## (.*)$", _text(_read(path)), re.MULTILINE)
        steps = [heading for heading in headings if re.match(r"\d · ", heading)]
        assert 5 <= len(steps) <= 9
        assert [step[0] for step in steps] == [str(n) for n in range(1, len(steps) + 1)]
        last = ["What usually goes wrong", "What to remember", "Clean up this notebook", "Where to go next"]
        assert headings[-4:] == last
        remember = _text(_read(path)).split("## What to remember")[1].split("## ")[0]
        assert len(re.findall(r"^- ", remember, re.MULTILINE)) == 3

    def test_there_is_something_to_predict(self, path: Path) -> None:
        assert "**Predict" in _text(_read(path))

    def test_each_exercise_has_a_goal_a_success_and_a_hint(self, path: Path) -> None:
        exercises = re.split(r"^### Exercise: ", _text(_read(path)), flags=re.MULTILINE)[1:]
        assert exercises
        for text in exercises:
            # The next step begins a new text; the exercise ends there.
            text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
            assert "**Goal:**" in text, text[:40]
            assert "**Success:**" in text, text[:40]
            assert "Hint 1" in text, text[:40]

    def test_each_exercise_is_checked_as_the_book_of_exercises_has_it(self, path: Path) -> None:
        """Titles, order, a check, a cell for hints, the first hint word for word, and the imports."""
        source = _source(NOTEBOOKS / "src" / f"{path.stem}.py")
        number, text = path.stem[:2], " ".join(_text(source).split())
        code = "\n".join(cell.source for cell in _read(path).cells if cell.cell_type == "code")
        assert book.topic(number) == convert.about(source)["title"]
        titles = re.findall(r"^### Exercise: (.*)$", _text(source), flags=re.MULTILINE)
        exercises = book.exercises(number)
        assert [title.casefold() for title in titles] == [one.title.casefold() for one in exercises]
        for one in exercises:
            assert re.search(rf'^check\("{one.id}"', code, re.MULTILINE), one.id
            assert f'hint("{one.id}")' in code + text, one.id
            assert " ".join(one.hints[0].split()) in text, one.id
        # What a panel, a comment or the text offers has to work when it is typed.
        before, _, _ = code.partition("# hint(")
        for name in ("check", "hint", "solution"):
            assert re.search(rf"^from labhelpers import .*\b{name}\b", before, re.MULTILINE), name

    def test_each_prediction_is_asked_made_and_compared(self, path: Path) -> None:
        code = "\n".join(cell.source for cell in _read(path).cells if cell.cell_type == "code")
        text = " ".join(_text(_read(path)).replace("`", "").split())
        asked = book.predictions(path.stem[:2])
        assert set(re.findall(r'predict\("([^"]+)"', code)) == {one.id for one in asked}
        for one in asked:
            blank, compared = code.find(f'predict("{one.id}", "…")'), code.rfind(f'predict("{one.id}"')
            assert 0 <= blank < compared, one.id
            for words in one.options.values():
                assert " ".join(words.replace("`", "").split()).rstrip(".") in text, (one.id, words)

    def test_text_below_a_fold_is_text_again(self, path: Path) -> None:
        # Without an empty line it is still a part of the HTML, and its backticks are shown as they are.
        assert re.findall(r"</details>\n(?!\n|<).*", _text(_read(path))) == []

    def test_tone(self, path: Path) -> None:
        prose = _prose(_read(path))
        assert "!" not in prose
        assert not re.search(r"\b(simply|just|obviously|easy|easily)\b", prose, re.IGNORECASE)

    def test_code_fits_a_small_screen(self, path: Path) -> None:
        code = [cell.source for cell in _read(path).cells if cell.cell_type == "code"]
        assert [line for source in code for line in source.splitlines() if len(line) > 90] == []

    def test_every_step_fits_a_screen(self, path: Path) -> None:
        for cell in _read(path).cells:
            visible = re.sub(r"<details>.*?</details>", "", cell.source, flags=re.DOTALL)
            if not visible.startswith(("# ", "## What usually")):
                assert len(visible) < 2200, f"{cell.id} is long: {len(visible)} characters"


@pytest.mark.parametrize("path", EVERY, ids=_id)
def test_links_lead_somewhere_and_pictures_have_words(path: Path) -> None:
    for mark, words, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", _text(_read(path))):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target
        if mark:
            assert len(words) > 40, f"{target} needs words that say what it shows"


@pytest.mark.parametrize("path", LEARNERS, ids=_id)
def test_ports_are_published_on_this_machine_only(path: Path) -> None:
    for cell in _read(path).cells:
        if cell.cell_type == "code":
            joined = cell.source.replace("\\\n", " ")
            for published in re.findall(r"docker run .*?(?:-p|--publish)[ =](\S+)", joined):
                assert published.startswith("127.0.0.1:"), cell.source


@pytest.mark.parametrize("path", LEARNERS, ids=_id)
def test_what_it_makes_can_be_found_again(path: Path) -> None:
    number = path.stem[:2]
    for cell in _read(path).cells:
        if cell.cell_type != "code":
            continue
        for name in re.findall(r"--name (\S+)", cell.source):
            assert name.endswith(f"-{number}"), cell.source
        for line in re.findall(r"docker (?:network|volume) create .*", cell.source):
            assert "--label $LAB_LABEL" in line
            assert line.endswith(f"-{number}")


def test_the_table_of_notebooks_links_those_that_exist() -> None:
    table = _text(_read(NOTEBOOKS / "00_start_here.ipynb")).split("## The notebooks")[1]
    rows = re.findall(r"^\| (\d\d) \| (.*?) \| .*? \| (\d+) \|$", table, re.MULTILINE)
    assert [number for number, _, _ in rows] == [f"{n:02d}" for n in range(11)]
    linked = set(re.findall(r"\[[^\]]+\]\((\d\d_\w+\.ipynb)\)", "\n".join(cell for _, cell, _ in rows)))
    assert linked == {path.name for path in LEARNERS} - {"00_start_here.ipynb"}
    minutes = {number: int(time) for number, _, time in rows}
    for path in LEARNERS:
        said = convert.about(_source(NOTEBOOKS / "src" / f"{path.stem}.py"))["minutes"]
        assert minutes[path.stem[:2]] == said
    core = sum(minutes[number] for number in ("02", "03", "04", "05", "06", "07", "09"))
    assert core == 135, "the text says 2 h 15"


@pytest.mark.parametrize("path", PICTURES, ids=_id)
def test_a_picture_says_in_words_what_it_shows(path: Path) -> None:
    svg = "{http://www.w3.org/2000/svg}"
    root = ElementTree.parse(path).getroot()
    title, words = root.find(f"{svg}title"), root.find(f"{svg}desc")
    assert title is not None
    assert words is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby", "").split() == [title.get("id"), words.get("id")]
    assert len(words.text or "") > 100
    assert "http://www.w3.org" not in path.read_text(encoding="utf-8").split(">", 1)[1]


def test_the_package_draws_the_same_life_cycle() -> None:
    ours = ROOT / "labhelpers/widgets/life_cycle.svg"
    assert ours.read_bytes() == (NOTEBOOKS / "pictures/life_cycle.svg").read_bytes()
