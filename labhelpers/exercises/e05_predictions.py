"""Notebook 05: what is predicted in it."""

from __future__ import annotations

from labhelpers.exercises.model import prediction

prediction(
    "05.add",
    question="The same archive, once with COPY and once with ADD: what lies in the image?",
    options={
        "a": "The archive, twice",
        "b": "COPY: the archive; ADD: what was packed in it",
        "c": "What was packed in it, twice",
    },
    truth="b",
    because="ADD unpacks archives of the context. COPY copies.",
)
prediction(
    "05.expose",
    question="The image says EXPOSE 8395, and is run without -p: is port 8395 of your machine open?",
    options={"a": "Yes", "b": "No: nothing is published", "c": "Only from this machine"},
    truth="b",
    because="EXPOSE is a note for people. Only -p publishes.",
)
prediction(
    "05.arguments",
    question="The image has only a CMD: what does a word after the image name do?",
    options={"a": 'It prints "Hello Grace"', "b": 'It prints "Hello world"', "c": "It fails"},
    truth="c",
    because="The word replaces CMD, so a program called Grace is looked for.",
)
prediction(
    "05.expand",
    question='What does CMD ["echo", "Hello ${WHO}"] print?',
    options={"a": "Hello world", "b": "Hello ${WHO}", "c": "Hello, and nothing"},
    truth="b",
    because="Variables are expanded by a shell, and the exec form starts none.",
)
prediction(
    "05.twice",
    question="Built twice without the cache, from the same files: are the two images the same to the last byte?",
    options={"a": "Yes: the same files, the same recipe", "b": "No", "c": "Only with --pull"},
    truth="b",
    because="Each build writes the time into its files' dates and into the image's history.",
)
prediction(
    "05.token",
    question="A token came as ARG and was used in one RUN: can somebody who has the image read it?",
    options={"a": "No: an ARG ends with the build", "b": "Yes", "c": "Only in a running container"},
    truth="b",
    because="The image's history keeps the arguments of each RUN.",
)
