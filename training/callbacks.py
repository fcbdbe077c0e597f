"""What rides along with the trainer: an average of the weights over the steps, and a progress bar.

    last_state(work)              # the newest state of an interrupted run that is whole

The average is exponential, over the optimizer's steps: it is what is saved as the model. It costs nothing
and was as good as the last step or a little better (docs/log.md). Source: Polyak and Juditsky (1992);
Izmailov et al. (2018).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import get_ema_multi_avg_fn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from model.network import CauseNetwork

_FILE = "average.safetensors"


class WeightAverage(TrainerCallback):
    """Averages the network's trained weights from the step `start` on.

    Args:
        network: the network that is trained.
        decay: share that the average keeps at each step, in (0, 1).
        start: the first step that counts; before it the weights move too far to be worth averaging.
    """

    def __init__(self, network: CauseNetwork, *, decay: float, start: int) -> None:
        self.averaging = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self.trained = {name: weight for name, weight in network.named_parameters() if weight.requires_grad}
        self.average: dict[str, torch.Tensor] = {}  # by the same names; empty until it begins
        self.start = start

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Take up the average that an interrupted run has left."""
        if state.global_step:
            kept = load_file(_folder(args, state) / _FILE)
            names = self.trained if kept else ()  # in their order, which the file has not
            self.average = {name: kept[name].to(self.trained[name].device) for name in names}

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Count one step in.

        Where epochs are no whole number, a run that goes on from its last step takes one more: at a rate of
        0, but it would move the average again.
        """
        if not self.start <= state.global_step <= state.max_steps:
            return
        if self.average:
            self.averaging(list(self.average.values()), list(self.trained.values()), None)
        else:
            self.average = {name: weight.detach().clone() for name, weight in self.trained.items()}

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Keep the average beside the trainer's own state: the last file, so with it the state is whole."""
        folder = _folder(args, state)
        save_file(self.average, folder / f"{_FILE}.part")
        (folder / f"{_FILE}.part").replace(folder / _FILE)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Put the average into the network."""
        with torch.no_grad():
            for name, weight in self.average.items():
                self.trained[name].copy_(weight)


class ProgressBar(TrainerCallback):
    """Steps, loss and time remaining on stderr; nothing where that is no terminal.

    Train within `with progress.bar:`, which gives the terminal its cursor back whatever happens.
    """

    def __init__(self) -> None:
        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Say how many steps there are; a run that goes on has some behind it."""
        self.task = self.bar.add_task("training", total=state.max_steps, completed=state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Move it."""
        self.bar.update(self.task, completed=state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Say the loss of the last steps."""
        if logs and "loss" in logs:
            self.bar.update(self.task, description=f"training, loss {float(logs['loss']):.3f}")


def last_state(work: Path) -> Path | None:
    """Return the folder of the newest state under `work` that is whole; None where there is none."""
    whole = [path.parent for path in work.glob(f"{PREFIX_CHECKPOINT_DIR}-*/{_FILE}")]
    return max(whole, key=lambda folder: int(folder.name.rpartition("-")[2]), default=None)


def _folder(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
