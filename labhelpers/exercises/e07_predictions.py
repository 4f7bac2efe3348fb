"""Notebook 07: what is predicted in it."""

from __future__ import annotations

from labhelpers.exercises.model import prediction

prediction(
    "07.slide",
    question="What does Compose do with the file of the slide?",
    options={
        "a": "It pulls both images and starts them.",
        "b": "It starts Redis, and skips the application.",
        "c": "It refuses the file, and starts nothing.",
    },
    truth="c",
    because="Compose checks the whole file before it does anything: a key that does not exist ends it.",
)
prediction(
    "07.names",
    question="The service redis has no ports. Who reaches it?",
    options={"a": "Nobody.", "b": "web, but not your machine.", "c": "Both."},
    truth="b",
    because="Inside the project's network all ports are open, and names lead to them; `ports` is for your machine.",
)
prediction(
    "07.down",
    question="What does the page say after down and up?",
    options={"a": "Visits: 3.", "b": "Visits: 1.", "c": "Nothing: the image has to be built again."},
    truth="b",
    because="`down` removes the containers, and with them what they wrote. The images stay.",
)
prediction(
    "07.lost",
    question="Redis is killed. What does the page show?",
    options={
        "a": "The last number that it knew.",
        "b": "An error, from the application.",
        "c": "No answer: the whole project is down.",
    },
    truth="b",
    because="The application runs, and has nobody to ask.",
)
prediction(
    "07.killed",
    question="Redis is killed again, now with a restart policy. Does it come back?",
    options={"a": "Yes: restart: always.", "b": "No.", "c": "Yes, once the health check has failed."},
    truth="b",
    because="What you kill or stop with `docker`, the engine does not start again.",
)
