"""Building the stock and putting it into the class registry; what is there already is left alone."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from labhelpers.engine import Engine, engine_errors, session
from labhelpers.errors import LabError, ProcessError, StockError
from labhelpers.labels import RECIPE, ROLE, WORKSHOP
from labhelpers.places import Places
from labhelpers.process import run, stream
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock.base import disk_full, make_base
from labhelpers.stock.recipes import RECIPES, REGISTRY_IMAGE, Recipe
from labhelpers.stock.wheels import wheelhouse
from labhelpers.telling import Progress, Task

_FULL = "Free some disk space (docker system df shows what the engine holds), then repeat ./lab up."


def local_recipe(engine: Engine, recipe: Recipe) -> str | None:
    """The digest of the recipe that made the image in the engine's own store, or None."""
    if not engine.has_image(recipe.reference):
        return None
    with engine_errors(f"look at {recipe.reference}"):
        return engine.api.images.get(recipe.reference).labels.get(RECIPE)


def missing(registry: ClassRegistry) -> list[Recipe]:
    """What the class registry lacks, or holds from an older recipe."""
    return [
        recipe
        for recipe in RECIPES
        if (registry.labels(recipe.repository, recipe.tag) or {}).get(RECIPE) != recipe.digest()
    ]


def ensure_stock(
    engine: Engine, env: Mapping[str, str], where: Places, progress: Progress, *, own_engine: bool
) -> ClassRegistry:
    """Make the class registry run and hold every image of the stock; quick when it does already.

    `env`: what the docker command line needs. `own_engine`: the engine is the workshop's own, so its build
    cache is ours to empty: then the learner's first pull really pulls.
    Raises StockError, RegistryError or PortTaken.
    """
    registry = ClassRegistry(engine, session(where), REGISTRY_IMAGE)
    builder = _Builder(engine, env, where, progress, registry)
    by_name = {recipe.name: recipe for recipe in RECIPES}
    # The registry's image must be in the engine before there is a registry to hold anything.
    if local_recipe(engine, by_name["registry"]) != by_name["registry"].digest():
        registry.stop()
        if local_recipe(engine, by_name["base"]) != by_name["base"].digest():
            builder.build(by_name["base"])
        builder.build(by_name["registry"])
    registry.start()
    todo = missing(registry)
    if not todo:
        return registry
    needed = {name for recipe in todo for _, name in recipe.needs} | {recipe.name for recipe in todo}
    for recipe in RECIPES:
        if recipe.name in needed and local_recipe(engine, recipe) != recipe.digest():
            if recipe in todo:
                builder.build(recipe)
            else:
                builder.pull(recipe)
        if recipe in todo:
            builder.push(recipe)
    builder.forget(keep=REGISTRY_IMAGE, build_cache=own_engine)
    return registry


def _stock_error(tried: str, error: ProcessError, fix: str) -> StockError:
    if disk_full(error.log):
        return StockError(tried, "the disk is full", _FULL, log=error.log)
    return StockError(tried, error.found, fix, log=error.log)


class _Builder:
    def __init__(
        self,
        engine: Engine,
        env: Mapping[str, str],
        where: Places,
        progress: Progress,
        registry: ClassRegistry,
    ) -> None:
        self.engine = engine
        self.env = {**env, "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"}
        self.where = where
        self.progress = progress
        self.registry = registry
        self.position = {recipe.name: index for index, recipe in enumerate(RECIPES, 1)}

    def build(self, recipe: Recipe) -> None:
        """Build one image in the engine."""
        labels = {WORKSHOP: self.registry.session, ROLE: "stock", RECIPE: recipe.digest()}
        try:
            if recipe.name == "base":
                make_base(recipe.reference, self.env, labels, self.where.cache / "base", self.progress)
                return
            title = f"Building image {self.position[recipe.name]} of {len(RECIPES)}: {recipe.name}"
            with self.progress.task(title, unit="steps") as task:
                self._build(recipe, labels, task)
        except ProcessError as error:
            fix = "Check the network, then repeat ./lab up: it goes on where it stopped."
            raise _stock_error(f"build the image {recipe.name}", error, fix) from error

    def _build(self, recipe: Recipe, labels: Mapping[str, str], task: Task) -> None:
        context = self._context(recipe)
        by_name = {one.name: one for one in RECIPES}
        arguments = [f"--label={name}={value}" for name, value in labels.items()]
        arguments += [f"--build-arg={name}={by_name[needed].reference}" for name, needed in recipe.needs]
        command = ["docker", "build", "--provenance=false", *arguments, "-t", recipe.reference, str(context)]
        for line in stream(command, tried=f"build the image {recipe.name}", env=self.env):
            # "#7 [packages 2/3] RUN apt-get …"
            words = line.split(maxsplit=1)
            if len(words) == 2 and words[1].startswith("["):
                task.update(note=words[1][:60])

    def _context(self, recipe: Recipe) -> Path:
        """The build context: the recipe's folder, and beside each lock file the wheels that it pins.

        Those of packages.lock are in `wheels`, those of another lock in `wheels-NAME`.
        """
        locks = sorted(recipe.folder.glob("*.lock"))
        if not locks:
            return recipe.folder
        context = self.where.cache / "context" / recipe.name
        shutil.rmtree(context, ignore_errors=True)
        shutil.copytree(recipe.folder, context)
        for lock in locks:
            wheels = wheelhouse(lock, self.engine.info().get("Architecture", "x86_64"), self.where.cache)
            folder = "wheels" if lock.stem == "packages" else f"wheels-{lock.stem}"
            shutil.copytree(wheels, context / folder)
        return context

    def pull(self, recipe: Recipe) -> None:
        """Bring an image back from the class registry, as a ground to build on."""
        self._transfer("pull", recipe)

    def push(self, recipe: Recipe) -> None:
        """Put one image into the class registry."""
        with self.progress.task(f"Storing {recipe.reference}", unit="steps"):
            self._transfer("push", recipe)

    def _transfer(self, verb: str, recipe: Recipe) -> None:
        command = ["docker", verb, "-q", recipe.reference]
        tried = f"{verb} {recipe.reference}"
        try:
            run(command, tried=tried, env=self.env, timeout=600)
        except ProcessError as error:
            raise _stock_error(tried, error, "Run ./lab up again.") from error

    def forget(self, *, keep: str, build_cache: bool) -> None:
        """Take the stock out of the engine's own store again, so that learners really pull it."""
        names = [recipe.reference for recipe in RECIPES if recipe.reference != keep]
        for name in names:
            try:
                run(["docker", "image", "rm", name], tried=f"untag {name}", env=self.env, timeout=120)
            except LabError:
                continue  # in use by a container of a learner's, or not there
        if build_cache:
            run(
                ["docker", "builder", "prune", "-af"],
                tried="empty the build cache",
                env=self.env,
                timeout=300,
            )
        shutil.rmtree(self.where.cache / "context", ignore_errors=True)
