"""The exercises of notebook 05, in every state that learners bring about."""

from __future__ import annotations

import os

from exercises.case import Case, Do

PYTHON = "localhost:5005/lab/python:3.11"
BOX = "localhost:5005/lab/busybox:1"

GREET = Do(
    files={
        "work/05/greet/greet.py": "import os\nimport sys\n\n"
        'names = sys.argv[1:] or [os.environ.get("WHO", "")]\n'
        'if names == [""]:\n    sys.exit("usage: greet.py NAME ...")\n'
        'print("Hello", *names)\n'
    }
)


def _cli(*lines: str) -> str:
    """Build cli-05:1.0 with these lines at its end."""
    recipe = "\n".join([f"FROM {PYTHON}", "WORKDIR /app", "COPY greet.py .", *lines])
    return f"cd work/05/greet\ndocker build -q -t cli-05:1.0 -f - . <<'END'\n{recipe}\nEND"


LECTURE = f"""FROM {PYTHON}
ENV MYVAR="HELLO"
RUN true
COPY my-conf.txt /app/my-conf.txt
ADD my-file.txt /app/my-file.txt
EXPOSE 9000
WORKDIR "/WORKDIR"
RUN useradd --create-home MYUSER
USER MYUSER
ENTRYPOINT ["/bin/bash", "-c"]
CMD ["echo ${{MYVAR}}"]
"""
FILES = "mkdir -p work/05/lecture; cd work/05/lecture; echo one > my-conf.txt; echo two > my-file.txt"


def _lecture(*changes: tuple[str, str], tag: str = ":1.0") -> str:
    """Build the repaired Dockerfile of the lecture with some of it changed back."""
    recipe = LECTURE
    for old, new in changes:
        assert old in recipe, old
        recipe = recipe.replace(old, new)
    return f"{FILES}\ndocker build -q -t lecture-05{tag} -f - . <<'END'\n{recipe}END"


USER = ("RUN useradd --create-home MYUSER\n", "")
CASE = ('"/bin/bash", "-c"', '"/BIN/BASH"')
PROGRAM = ('"/bin/bash", "-c"', '"/bin/bash"')
CURLY = ('["echo ${MYVAR}"]', "[“ECHO”, “${MYVAR}”]")
CAPITALS = ('["echo ${MYVAR}"]', '["ECHO", "${MYVAR}"]')
WORDS = ('["echo ${MYVAR}"]', '["echo", "${MYVAR}"]')
NO_ENTRYPOINT = ('ENTRYPOINT ["/bin/bash", "-c"]\n', "")

SENT = Do(
    "head -c 20000000 /dev/zero > work/05/sent/data/measurements.bin",
    files={
        "work/05/sent/app.sh": 'echo "I know $(wc -l < words.txt) words"\n',
        "work/05/sent/words.txt": "ship\nbuild\nrun\n",
        "work/05/sent/.env": "PASSWORD=do-not-tell\n",
        "work/05/sent/data/.keep": "",
        "work/05/sent/Dockerfile": f'FROM {BOX}\nWORKDIR /app\nCOPY . .\nCMD ["sh", "app.sh"]\n',
    },
)


def _sent(*patterns: str, build: bool = True) -> str:
    """Write .dockerignore, and build sent-05:1.0."""
    ignore = "\n".join(patterns)
    made = "docker build -q -t sent-05:1.0 ." if build else ""
    return f"cd work/05/sent\ncat > .dockerignore <<'END'\n{ignore}\nEND\n{made}"


REPORT = Do(
    "mkdir -p work/05/report/results; docker build -q -t report-05:1.0 work/05/report",
    files={
        "work/05/report/north.ini": "station = north\n",
        "work/05/report/south.ini": "station = south\n",
        "work/05/report/report.sh": "station=$(sed -n 's/^station = //p' /config/settings.ini)\n"
        '[ "$station" ] && echo "report of station $station" > "/results/$station.txt"\n',
        "work/05/report/Dockerfile": f"FROM {BOX}\nCOPY report.sh /\nRUN mkdir -m 777 /results\nUSER 1500\n"
        'ENTRYPOINT ["sh", "/report.sh"]\n',
    },
)


def _report(
    *,
    user: str = "-u $(id -u):$(id -g)",
    setting: str = '-v "$PWD/$station.ini:/config/settings.ini:ro"',
    results: str = '-v "$PWD/results:/results"',
    image: str = "report-05:1.0",
    begin: str = "",
    run: str = "docker run",
) -> str:
    """Run the report for both stations, with some of it done otherwise."""
    return f"""cd work/05/report
{begin}
for station in north south; do
  {run} --name $station-05 {user} {setting} {results} {image} || true
done"""


# Where the learner is root, a result of root is theirs: somebody else's user stands for it then.
_ANOTHER = "-u 4321" if os.getuid() == 0 else "-u 0"

CASES = [
    Case(
        "05.entrypoint",
        before=GREET,
        solution=_cli('ENTRYPOINT ["python", "greet.py"]', 'CMD ["world"]'),
        other={
            "a-script-of-its-own": _cli(
                "RUN { echo '#!/usr/bin/env python'; cat greet.py; } > /bin/greet && chmod 755 /bin/greet",
                'ENTRYPOINT ["greet"]',
                'CMD ["world"]',
            ),
            "a-shell-that-passes-on": _cli(
                'ENTRYPOINT ["sh", "-c", "exec python greet.py \\"${@:-world}\\"", "greet"]'.replace(
                    "sh", "bash", 1
                ),
            ),
            "default-from-the-environment": _cli('ENV WHO="world"', 'ENTRYPOINT ["python", "greet.py"]'),
        },
        wrong={
            "cmd-only": [_cli('CMD ["python", "greet.py"]'), _cli('CMD ["python", "greet.py", "world"]')],
            "shell-form": _cli("ENTRYPOINT python greet.py", 'CMD ["world"]'),
            "baked-in": _cli('ENTRYPOINT ["python", "greet.py", "world"]'),
            "no-default": _cli('ENTRYPOINT ["python", "greet.py"]'),
        },
        also={
            "no-such-program": _cli('ENTRYPOINT ["python3.99", "greet.py"]', 'CMD ["world"]'),
            "it-never-ends": _cli('ENTRYPOINT ["sleep", "600"]'.replace('"600"', '"inf"'), 'CMD ["inf"]'),
        },
    ),
    Case(
        "05.repair",
        solution=_lecture(),
        other={
            "shell-form": _lecture(NO_ENTRYPOINT, ('["echo ${MYVAR}"]', "echo ${MYVAR}")),
            "one-entrypoint": _lecture(('"-c"]', '"-c", "echo $MYVAR"]'), ('\nCMD ["echo ${MYVAR}"]', "")),
        },
        wrong={
            "tag": _lecture(tag=""),
            "user": [
                _lecture(USER, CASE, CURLY),  # as it stands on the slide
                _lecture(USER),
            ],
            "case": [_lecture(CASE, CURLY), _lecture(PROGRAM, CAPITALS)],
            "quotes": [_lecture(PROGRAM, CURLY), _lecture(NO_ENTRYPOINT, CURLY)],
            "script": _lecture(PROGRAM, WORDS),
            "not-expanded": [_lecture(NO_ENTRYPOINT, WORDS), _lecture(WORDS)],
            "constant": _lecture(("${MYVAR}", "HELLO")),
            "root": _lecture(("USER MYUSER\n", "")),
        },
        also={
            "port-lost": _lecture(("EXPOSE 9000\n", "")),
            "file-lost": _lecture(("ADD my-file.txt /app/my-file.txt\n", "")),
            "another-user": _lecture(("USER MYUSER", "USER nobody")),
            "it-fails": _lecture(("echo ${MYVAR}", "exit 3")),
        },
    ),
    Case(
        "05.sent",
        before=SENT,
        solution=_sent(".env", "data"),
        other={
            "only-what-is-needed": _sent("*", "!app.sh", "!words.txt", "!Dockerfile"),
            "by-pattern": _sent("**/*.bin", ".env*"),
            "copied-by-name": "sed -i 's/^COPY.*/COPY app.sh words.txt .\\//' work/05/sent/Dockerfile\n"
            + _sent(".env", "data/*.bin"),
        },
        wrong={
            "ignored-too-much": [_sent("*", build=False), _sent(".env", "data", "words.txt")],
            "env-sent": [_sent("data"), _sent("env", "data")],
            "still-large": _sent(".env"),
            "secret-in-layer": "cd work/05/sent; printf 'FROM sent-05:0.9\\nRUN rm .env\\n' > two.Dockerfile\n"
            "docker build -q -t sent-05:0.9 .; docker build -q -t sent-05:1.0 -f two.Dockerfile .; cd ../../..\n"
            + _sent(".env", "data", build=False),
        },
        also={
            "not-built": _sent(".env", "data", build=False),
            "another-image": _sent(".env", "data", build=False) + f"docker tag {BOX} sent-05:1.0",
        },
    ),
    Case(
        "05.data",
        before=REPORT,
        solution=_report(),
        other={
            "with-mount": _report(
                user="--user $(id -u)",
                setting='--mount "type=bind,src=$PWD/$station.ini,dst=/config/settings.ini"',
                results='--mount "type=bind,src=$PWD/results,dst=/results"',
            ),
            "a-folder-of-settings": _report(
                begin="mkdir north south; cp north.ini north/settings.ini; cp south.ini south/settings.ini",
                setting='-v "$PWD/$station:/config"',
            ),
        },
        wrong={
            "rebuilt": _report(
                setting="",
                run="cp $station.ini settings.ini; printf 'FROM report-05:1.0\\nCOPY settings.ini /config/\\n' "
                "| docker build -q -t report-05:$station -f - . ; docker run",
                image="report-05:$station",
            ),
            "results-inside": [_report(results=""), _report(results="-v results-05:/results")],
            "not-yours": _report(user=_ANOTHER, begin="chmod 777 results"),
            "reversed": [
                _report(setting='-v "/config/settings.ini:$PWD/$station.ini"', run="docker create"),
                _report(results='-v "/results:$PWD/results"', run="docker create"),
            ],
        },
        also={
            "only-one": _report().replace("north south", "north"),
            "no-setting": _report(setting=""),
            "the-same-twice": _report(setting='-v "$PWD/north.ini:/config/settings.ini:ro"'),
        },
    ),
]
