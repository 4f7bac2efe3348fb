"""Notebook 03: what is predicted in it."""

from __future__ import annotations

from labhelpers.exercises.model import prediction

prediction(
    "03.ended",
    question="Is the container in the list of running containers, after it has printed its line?",
    options={"a": "Yes.", "b": "No: it is gone.", "c": "No, but it is still there."},
    truth="c",
    because="A container stops when its main process ends. Its name, its log and its files stay.",
)
prediction(
    "03.no-tag",
    question="What does `docker run localhost:5005/lab/site` do, where there is only `lab/site:1.0`?",
    options={"a": "It runs 1.0, the only one there is.", "b": "It runs the newest one.", "c": "It fails."},
    truth="c",
    because="Without a tag, `docker` looks for `:latest`, and for nothing else.",
)
prediction(
    "03.wrong-port",
    question="What does `docker run` say, when a port is published at which nobody listens?",
    options={"a": "An error: nothing listens there.", "b": "A warning.", "c": "Nothing; all looks well."},
    truth="c",
    because="It opens a door, and does not look whether anyone stands behind it.",
)
prediction(
    "03.note-kept",
    question="Is a file in a container still there, after `docker stop` and `docker start`?",
    options={
        "a": "No: an image is read-only, so the container begins anew.",
        "b": "Yes.",
        "c": "Only if it was saved first.",
    },
    truth="b",
    because="A stopped container keeps its writable layer. `docker rm` ends it, not `docker stop`.",
)
prediction(
    "03.exit-code",
    question="Which exit code does `docker stop` leave, when the main process is `sleep 600`?",
    options={"a": "0.", "b": "137.", "c": "143."},
    truth="b",
    because="137 is 128 + 9: SIGKILL, after SIGTERM was not heard.",
)
prediction(
    "03.by-name",
    question="Can one container reach another by its name?",
    options={"a": "Yes.", "b": "No.", "c": "Only in a network that you create."},
    truth="c",
    because="In the default network names are not known; in your own, the engine answers for them.",
)
