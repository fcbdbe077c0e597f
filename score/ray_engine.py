"""The engine of many machines: one process reads, a worker a core or more makes shards, all by Ray Data.

    score_archive(source, "s3://desk/scored", tagger, engine=RayEngine(load=load, address="auto"))

A shard is a row and a block of Ray's dataset, and each worker writes its own into the folder. Ray starts a
worker that died anew and gives its shards out again; a file that is written twice has the same bytes twice.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from errors import ArchiveError, SettingsError
from model.scorer import Scorer
from score.folder import ShardFolder, shard_name
from score.identity import Kernel
from score.local import Advance
from score.plan import Plan
from score.ray_worker import Done, Job, ShardMaker, Tries, parcels, received

_KNOCK_S = 10.0
# Nothing of Ray's own on this terminal, and nothing told to Ray's makers about who scores what.
_QUIET = {"RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_USAGE_STATS_ENABLED": "0"}
_WAITING = 2  # shards with each worker: one in work, one at hand


@dataclass(frozen=True, slots=True, kw_only=True)
class RayEngine:
    """Makes the shards that a folder lacks on a cluster; see `score.run.Engine`.

    Args:
        load: loads the model that the plan was made with, in every worker; goes there by its name.
        address: of a cluster that runs, as `ray.init` takes it (`auto`, `host:6379`, `ray://host:10001`);
            None is the job's that this process belongs to, else one of this machine's own.
        workers: how many processes score; None is as many as there are cores for.
        tries: how many workers may end while they make one and the same shard.
    """

    load: Callable[[], Scorer]
    address: str | None = None
    workers: int | None = None
    tries: int = 5

    def __call__(self, plan: Plan, folder: ShardFolder, advance: Advance) -> None:
        """Go through all shards of the plan.

        Raises:
            ArchiveError: a shard cannot be made, or the cluster fails; what was made stays.
            SettingsError: Ray is not installed, or there is no such cluster.
        """
        needs = _Needs.of(folder.manifest.kernel)
        with _cluster(self.address):
            workers = self.workers or needs.workers()
            for done in _results(self._job(plan, folder), workers, needs):
                if done.tally:
                    folder.has(done.index, done.tally)
                else:
                    folder.keeps(done.index, done.rows)
                advance(done.rows)

    def _job(self, plan: Plan, folder: ShardFolder) -> Job:
        import ray  # noqa: PLC0415

        archive = dataclasses.replace(plan.archive, path=plan.archive.path.absolute())
        tries = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Tries).remote()
        return Job(
            plan=dataclasses.replace(plan, archive=archive),
            folder=folder.path.absolute(),
            load=self.load,
            found=folder.found(),
            begin=lambda index: int(ray.get(tries.begin.remote(index))),
            tries=self.tries,
        )


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a worker takes of its node."""

    cpus: int
    gpus: int

    @classmethod
    def of(cls, kernel: Kernel) -> Self:
        return cls(kernel.threads, int(kernel.name.startswith("cuda")))

    def workers(self) -> int:
        """Count the workers that the cluster has room for.

        Raises:
            SettingsError: there is room for none.
        """
        import ray  # noqa: PLC0415

        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        workers = sum(self._on(node.get("CPU", 0), node.get("GPU", 0)) for node in nodes)
        if not workers:
            what = f"{self.cpus} cores" + (" and the GPU" if self.gpus else "")
            raise SettingsError(
                f"no node of the cluster has the {what} of a worker",
                "begin a new folder with fewer --threads, or name --workers if the cluster grows when asked",
            )
        return workers

    def _on(self, cpus: float, gpus: float) -> int:
        return int(min(cpus // self.cpus, gpus // self.gpus if self.gpus else cpus))


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    """Be connected to a cluster inside."""
    for name, value in _QUIET.items():  # read when Ray is imported
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError("--engine ray needs Ray", "install it: pip install '.[ray]'") from error
    if ray.is_initialized():  # the caller's own
        yield
        return
    # Asked without an address, Ray would for minutes call a cluster of this machine that is long gone.
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises plain ones too
        words = " ".join(str(error).split())[:200]
        raise SettingsError(
            f"no Ray cluster at {address} ({words})", "check --address, or RAY_ADDRESS where it is not given"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """See whether anyone listens, for Ray itself would try for minutes.

    Raises:
        OSError: nobody does.
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_S).close()


def _results(job: Job, workers: int, needs: _Needs) -> Iterator[Done]:
    from ray.data.exceptions import SystemException  # noqa: PLC0415
    from ray.exceptions import RayError, UserCodeException  # noqa: PLC0415

    done = set()
    try:
        for row in _dataset(job, workers, needs).iter_rows():
            result = received(row)
            done.add(result.index)
            yield result
    except (RayError, SystemException, UserCodeException) as error:
        first = next(index for index in count() if index not in done)
        words = " ".join(str(error).split())[:300]
        raise ArchiveError(
            f"the cluster gave up, {shard_name(first)} is the first shard that is not made ({words})",
            "run it again, it goes on from there; Ray's logs say why a worker died",
        ) from error


def _dataset(job: Job, workers: int, needs: _Needs) -> Any:  # noqa: ANN401 - Ray's Dataset
    """Describe the run to Ray Data: one task reads, actors score."""
    import ray.data  # noqa: PLC0415

    context = ray.data.DataContext.get_current().copy()
    context.target_max_block_size = 1  # byte: no two rows are put together into one block
    context.enable_progress_bars = False
    context.execution_options.resource_limits = ray.data.ExecutionResources(
        object_store_memory=workers * 2 * _WAITING * job.plan.shard_bytes  # how far the reader may be ahead
    )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    with ray.data.DataContext.current(context):
        shards = ray.data.read_datasource(_source(job), override_num_blocks=1, num_cpus=0)
        return shards.map_batches(
            ShardMaker,
            fn_constructor_args=(job,),
            batch_size=1,
            batch_format="pyarrow",
            num_cpus=needs.cpus,
            num_gpus=needs.gpus or None,
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=_WAITING),
        )


def _source(job: Job) -> Any:  # noqa: ANN401 - a class that needs Ray to be made
    from ray.data import Datasource  # noqa: PLC0415
    from ray.data.block import BlockMetadata  # noqa: PLC0415
    from ray.data.datasource import ReadTask  # noqa: PLC0415

    class Shards(Datasource):  # type: ignore[misc] # Ray's types are skipped, see pyproject.toml
        """The archive's shards, read by one task."""

        def get_name(self) -> str:
            return "Shards"

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, *_args: object, **_options: object) -> list[ReadTask]:
            unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
            return [ReadTask(lambda: parcels(job), unknown)]

    return Shards()
