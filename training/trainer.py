"""transformers' Trainer over a `CauseNetwork`, two forward passes a row: loss, optimizer, collator.

bf16 autocast on CPU and GPU, weights and optimizer in float32. It knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn
from transformers import Trainer, TrainingArguments, get_linear_schedule_with_warmup
from transformers.trainer_callback import PrinterCallback

from model.network import CauseNetwork
from model.padding import pad
from model.tokens import encode
from training.callbacks import ProgressBar, WeightAverage
from training.corpus import LabelledHeadline, judged_matrix, label_matrix
from training.dropout import ByteDropout
from training.recipe import Recipe

_WIDTHS_APART = 4  # tokens


class CauseTrainer(Trainer):
    """R-Drop over causes, each on its own; what a row was not judged for costs nothing."""

    disagreement_weight: float  # the recipe's

    def compute_loss(
        self, model: nn.Module, inputs: Mapping[str, torch.Tensor], *_: object, **__: object
    ) -> torch.Tensor:
        """Return the binary cross-entropy of two forward passes, and how far these are apart.

        Each row has two passes with dropout of their own, which are held to one answer: (B1 + B2) / 2 +
        w (KL12 + KL21) / 2, of every cause that a row was judged for, and of all those the mean.
        Source: Liang et al. (2021), R-Drop: regularized dropout for neural networks; twice this is
        theirs with a weight of 2w.
        """
        twice = {name: torch.cat([inputs[name]] * 2) for name in ("input_ids", "attention_mask")}
        with ByteDropout() if self.args.use_cpu else nullcontext():
            logits = model(**twice).float().unflatten(0, (2, -1))  # (2, n, causes)
        labels = inputs["labels"]
        judged = ~labels.isnan()
        logits = logits[:, judged]  # (2, judged)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, labels[judged].expand_as(logits))
        return loss + self.disagreement_weight * disagreement(logits)


def disagreement(logits: torch.Tensor) -> torch.Tensor:
    """Return half the symmetric Kullback-Leibler divergence of two passes, in nats; the mean, a scalar.

    Args:
        logits: (2, n), of n pairs of row and cause.
    """
    first, second = logits[0], logits[1]
    return ((first.sigmoid() - second.sigmoid()) * (first - second)).mean() / 2


def training_set(rows: Sequence[LabelledHeadline], causes: Sequence[str], tokenizer: Tokenizer) -> Dataset:
    """Return a dataset of `input_ids`, `labels` (causes,) in {0.0, 1.0, NaN} and `length` in tokens.

    NaN stands for a cause that the row was not judged for.
    """
    ids = encode(tokenizer, [row.text for row in rows])
    labels = np.where(judged_matrix(rows, causes), label_matrix(rows, causes), np.nan).tolist()
    return Dataset.from_dict({"input_ids": ids, "labels": labels, "length": [len(row) for row in ids]})


def collate(examples: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """Pad a batch of examples to one of few widths, since a processor's kernels are compiled for each."""
    input_ids, mask = pad([example["input_ids"] for example in examples], multiple=_WIDTHS_APART)
    labels = torch.tensor([example["labels"] for example in examples], dtype=torch.float32)
    return {"input_ids": input_ids, "attention_mask": mask, "labels": labels}


def optimizer_groups(network: CauseNetwork, recipe: Recipe) -> list[dict[str, Any]]:
    """Part the weights by learning rate (encoder, head) and decay (matrices, vectors)."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        if not weight.requires_grad:
            continue
        rate = recipe.head_learning_rate if name.startswith("head.") else recipe.learning_rate
        decay = recipe.weight_decay if weight.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(weight)
    return [
        {"params": weights, "lr": rate, "weight_decay": decay} for (rate, decay), weights in groups.items()
    ]


def build_trainer(
    network: CauseNetwork, dataset: Dataset, recipe: Recipe, work: Path, progress: ProgressBar
) -> CauseTrainer:
    """Return a trainer that keeps its resumable state under `work`."""
    on_processor = not torch.cuda.is_available()
    if on_processor:
        network.encoder.set_attn_implementation("eager")  # faster, and its dropout is `F.dropout`
    steps = math.ceil(math.ceil(len(dataset) / recipe.batch_size) * recipe.epochs)
    optimizer = torch.optim.AdamW(optimizer_groups(network, recipe), fused=True)
    warmup = int(recipe.warmup_share * steps)
    schedule = get_linear_schedule_with_warmup(optimizer, warmup, steps)  # type: ignore[no-untyped-call]
    arguments = TrainingArguments(
        output_dir=str(work),
        per_device_train_batch_size=recipe.batch_size,
        max_steps=steps,
        bf16=True,
        use_cpu=on_processor,
        dataloader_pin_memory=not on_processor,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        remove_unused_columns=False,
        logging_steps=20,
        disable_tqdm=True,
        save_steps=max(steps // 10, 1),
        save_total_limit=2,  # a kill while one is written leaves the one before
        report_to=[],
        seed=recipe.seed,
    )
    average = WeightAverage(network, decay=recipe.average_decay, start=int(recipe.average_from_share * steps))
    trainer = CauseTrainer(
        model=network,
        args=arguments,
        train_dataset=dataset,
        data_collator=collate,
        optimizers=(optimizer, schedule),
        callbacks=[average, progress],
    )
    trainer.disagreement_weight = recipe.disagreement_weight
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, where the figures go
    return trainer
