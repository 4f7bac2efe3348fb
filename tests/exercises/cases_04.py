"""The exercises of notebook 04, in every state that learners bring about."""

from __future__ import annotations

from exercises.case import Case, Do

PYTHON = "localhost:5005/lab/python:3.11"
FIRST = """mkdir -p work/04/first
echo "A page in an image" > work/04/first/page.txt
cat > work/04/first/Dockerfile <<'END'
FROM localhost:5005/lab/busybox:1
LABEL lesson="layers-04"
ENV GREETING="Hello"
COPY page.txt /page.txt
RUN echo "made by a command" > /made.txt
CMD ["cat", "/page.txt"]
END
docker build -q -t first-04:1.0 work/04/first
"""
COUNT = (
    FIRST
    + """mkdir -p work/04/count
cat > work/04/count/Dockerfile <<'END'
FROM first-04:1.0
ENV MODE="quiet"
RUN dd if=/dev/zero of=/numbers bs=1000 count=300 2> /dev/null
EXPOSE 80
RUN head -c 50000 /numbers > /part
USER nobody
CMD ["ls", "/"]
END
"""
)
BUILD_COUNT = "docker build -q -t count-04:1.0 work/04/count"
WRITER = (
    FIRST
    + """docker volume create --label $LAB_LABEL data-04
docker run -d --init --name writer-04 -v data-04:/data first-04:1.0 \\
  sh -c 'date > /data/log.txt; echo "and more" >> /made.txt; echo > /done; sleep 3600'
for n in $(seq 100); do docker exec writer-04 test -f /done && break; sleep 0.1; done
"""
)
PASSWORD = "sesame-1234567890"
VAULT = (
    FIRST
    + f"""mkdir -p work/04/vault
echo {PASSWORD} > work/04/vault/pass.txt
cat > work/04/vault/Dockerfile <<'END'
FROM first-04:1.0
RUN mkdir /etc/vault
COPY pass.txt /etc/vault/pass.txt
RUN md5sum < /etc/vault/pass.txt > /sum.txt
RUN rm -r /etc/vault
END
docker build -q -t vault-04:1.0 work/04/vault
"""
)
FOUND = {"layer": 4, "secret": PASSWORD}


def vault(*lines: str, given: dict[str, object] | None = None) -> Do:
    """Build the second image from these lines, with the password to hand."""
    text = "\n".join(["FROM first-04:1.0", *lines, ""])
    build = "docker build -q --secret id=pass,src=work/04/vault/pass.txt -t vault-04:2.0 work/04/vault"
    return Do(build, files={"work/04/vault/Dockerfile": text}, given=FOUND if given is None else given)


USED = "RUN --mount=type=secret,id=pass md5sum < /run/secrets/pass > /sum.txt && true"  # not the notebook's line: a secret is no part of the cache's key
TRAIN = """\
rows = [[int(n) for n in line.split(",")] for line in open("raw.csv")]
(x0, y0), (x1, y1) = rows[0], rows[-1]
slope = (y1 - y0) / (x1 - x0)
open("model.txt", "w").write(f"{slope} {y0 - slope * x0}")
"""
PREDICT = """\
import sys

slope, start = map(float, open("/app/model.txt").read().split())
print(slope * float(sys.argv[1]) + start)
"""
MODEL = Do(
    f"""docker pull -q {PYTHON}
python3 -c 'print("\\n".join(f"{{x}},{{3 * x + 4}}" for x in range(200_000)))' > work/04/model/raw.csv
docker build -q -t model-04:1.0 work/04/model""",
    files={
        "work/04/model/train.py": TRAIN,
        "work/04/model/predict.py": PREDICT,
        "work/04/model/Dockerfile": f"""FROM {PYTHON}
LABEL lesson="layers-04"
WORKDIR /app
COPY . .
RUN python train.py
RUN rm raw.csv
ENTRYPOINT ["python", "/app/predict.py"]
""",
    },
)
STAGE = f"""FROM {PYTHON} AS train
WORKDIR /train
COPY raw.csv train.py ./
RUN python train.py

"""


def model(text: str) -> Do:
    """Build the second image of the model from this Dockerfile."""
    return Do("docker build -q -t model-04:2.0 work/04/model", files={"work/04/model/Dockerfile": text})


ORDER = f"""docker pull -q {PYTHON}
mkdir -p work/04/order
# Never the same twice: `--no-cache` of another case leaves a second result for the same step.
echo "flask  # $RANDOM $RANDOM" > work/04/order/requirements.txt
echo 'print("version 1")' > work/04/order/app.py
"""


def order(*lines: str, first: str = "", second: str = "", change: str = "app.py") -> Do:
    """Build, change a file, build again, from a Dockerfile of these lines."""
    text = "\n".join([f"FROM {PYTHON}", 'LABEL lesson="layers-04"', "WORKDIR /app", *lines, ""])
    return Do(
        f"""docker build -q {first} -t order-04:1.0 work/04/order
echo '# version 2' >> work/04/order/{change}
docker build -q {second} -t order-04:2.0 work/04/order""",
        files={"work/04/order/Dockerfile": text},
    )


NEEDED, INSTALL, APP = "COPY requirements.txt .", "RUN pip install -q -r requirements.txt", "COPY app.py ."

CASES = [
    Case(
        "04.count",
        before=COUNT,
        untouched={"layers": None, "largest": None},
        solution=Do(BUILD_COUNT, given={"layers": 2, "largest": 300_000}),
        other={"as-docker-prints-it": Do(BUILD_COUNT, given={"layers": "2", "largest": "300kB"})},
        wrong={
            "settings-counted": [
                Do(BUILD_COUNT, given={"layers": 6, "largest": 300_000}),
                Do(BUILD_COUNT, given={"layers": 3, "largest": 300_000}),
            ],
            "base-counted": Do(BUILD_COUNT, given={"layers": 5, "largest": 300_000}),
            "size-of-more": Do(BUILD_COUNT, given={"layers": 2, "largest": 350_000}),
        },
        also={
            "not-built": Do(given={"layers": 2, "largest": 300_000}),
            "the-smaller": Do(BUILD_COUNT, given={"layers": 2, "largest": 50_000}),
            "no-number": Do(BUILD_COUNT, given={"layers": 2, "largest": "much"}),
        },
    ),
    Case(
        "04.copy-on-write",
        before=WRITER,
        untouched={"path": "…"},
        solution=Do(given={"path": "/made.txt"}),
        other={"without-its-slash": Do(given={"path": "made.txt"})},
        wrong={
            "lower-layer": Do(given={"path": "/page.txt"}),
            "mounted": Do(given={"path": "/data/log.txt"}),
        },
        also={"no-such-file": Do(given={"path": "/nothing.txt"})},
    ),
    Case(
        "04.leaked-secret",
        before=VAULT,
        untouched={"layer": None, "secret": "…"},
        solution=vault(USED),
        other={
            "in-a-stage": vault(
                "COPY pass.txt /p",
                "RUN md5sum < /p > /sum.txt",
                "FROM first-04:1.0",
                "COPY --from=0 /sum.txt /sum.txt",
            )
        },
        wrong={
            "other-layer": vault(USED, given={"layer": 3, "secret": PASSWORD}),
            "deleted-later": vault("COPY pass.txt /p", "RUN md5sum < /p > /sum.txt", "RUN rm /p"),
            "still-there": vault("COPY pass.txt /opt/renamed", "RUN md5sum < /opt/renamed > /sum.txt"),
            "in-settings": [
                vault(USED, f"ENV PASS={PASSWORD}"),
                vault(f"RUN echo {PASSWORD} | md5sum > /sum.txt"),
            ],
            "not-used": vault("RUN echo nothing > /sum.txt"),
        },
        also={
            "found-only": Do(given=FOUND),
            "not-what-it-holds": vault(USED, given={"layer": 4, "secret": "sesame-1"}),
        },
    ),
    Case(
        "04.slim",
        before=MODEL,
        solution=model(
            STAGE
            + f"""FROM {PYTHON}
COPY predict.py /app/
COPY --from=train /train/model.txt /app/
ENTRYPOINT ["python", "/app/predict.py"]
"""
        ),
        other={
            "mounted-in-one-step": model(
                f"""FROM {PYTHON}
WORKDIR /app
COPY predict.py ./
RUN --mount=type=bind,target=/from cd /tmp && cp /from/raw.csv . && python /from/train.py \\
    && mv model.txt /app/ && rm raw.csv
ENTRYPOINT ["python", "/app/predict.py"]
"""
            )
        },
        wrong={
            "behaviour-changed": [
                model(f'FROM {PYTHON}\nLABEL lesson="layers-04" n="1"\nCMD ["echo", "19.0"]\n'),
                model(f'FROM {PYTHON}\nENTRYPOINT ["echo", "19.0"]\n'),
            ],
            "no-python": model(
                STAGE
                + """FROM localhost:5005/lab/busybox:1
COPY predict.py /app/
COPY --from=train /train/model.txt /app/
ENTRYPOINT ["python", "/app/predict.py"]
"""
            ),
            "moved": model(
                f"""FROM {PYTHON}
WORKDIR /app
COPY . .
RUN python train.py && rm raw.csv
ENTRYPOINT ["python", "/app/predict.py"]
"""
            ),
            "still-there": model(
                f"""FROM {PYTHON}
WORKDIR /app
COPY . .
RUN python train.py
ENTRYPOINT ["python", "/app/predict.py"]
"""
            ),
        },
    ),
    Case(
        "04.cache",
        before=ORDER,
        solution=order(NEEDED, INSTALL, APP, 'CMD ["python", "app.py"]'),
        other={
            "mounted": order(
                "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -q -r /r.txt",
                "COPY . .",
            )
        },
        wrong={
            "everything-first": order("COPY . .", INSTALL),
            "requirements-after": order(APP, NEEDED, INSTALL),
            "cache-disabled": order(NEEDED, INSTALL, APP, second="--no-cache"),
        },
        also={
            "no-change": order(NEEDED, INSTALL, APP, change="other.txt"),
            "no-packages": order(NEEDED, APP),
        },
    ),
]
