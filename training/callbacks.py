"""What rides along with the trainer: an average of the weights over the steps, and a progress bar.

The average is exponential, over the optimizer's steps: it is what is saved as the model, and at equal
cost it was better on every batch left out (docs/log.md). Source: Polyak and Juditsky (1992); Izmailov
et al. (2018).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from model.network import CauseNetwork

_FILE = "average.safetensors"


class WeightAverage(TrainerCallback):
    """Averages the network's weights from the step `start` on.

    Args:
        network: the network that is trained.
        decay: share that the average keeps at each step, in (0, 1).
        start: the first step that counts; before it the weights move too far to be worth averaging.
    """

    def __init__(self, network: CauseNetwork, *, decay: float, start: int) -> None:
        averaging = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(network, multi_avg_fn=averaging)
        self.network = network
        self.start = start

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Take up the average that an interrupted run has left."""
        saved = _folder(args, state) / _FILE
        if state.global_step and saved.exists():
            self.average.load_state_dict(load_file(saved))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Count one step in."""
        if state.global_step >= self.start:
            self.average.update_parameters(self.network)

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Keep the average beside the trainer's own state."""
        save_file(self.average.state_dict(), _folder(args, state) / _FILE)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Put the average into the network."""
        self.network.load_state_dict(self.average.module.state_dict())


class ProgressBar(TrainerCallback):
    """Steps, loss and time remaining on stderr; nothing where that is no terminal."""

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
        """Show the bar."""
        self.task = self.bar.add_task("training", total=state.max_steps)
        self.bar.start()

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

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Leave it standing."""
        self.bar.stop()


def _folder(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(str(args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}"
