"""A folder that cannot be written is told in one line, whichever library was writing."""

from pathlib import Path

import pytest
import torch

from errors import ModelError
from training.work import writing

FULL = Path("/dev/full")  # a disk without space


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "write",
    [lambda: FULL.write_text("x" * 100_000), lambda: torch.save({"a": torch.zeros(100_000)}, FULL)],
    ids=["python", "torch"],
)
def test_a_full_disk_is_told_in_one_line(write):
    with (
        pytest.raises(ModelError, match=r"cannot write my_model .*; make room"),
        writing(Path("my_model")),
    ):
        write()


def test_what_is_no_matter_of_writing_passes():
    with pytest.raises(RuntimeError, match="shapes"), writing(Path("my_model")):
        raise RuntimeError("shapes do not match")
