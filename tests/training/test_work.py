"""What a run cannot write or read is told in one line, whichever library it was; what is not ours stays."""

import shutil
from pathlib import Path

import pytest
import torch

from errors import ModelError
from model.meta import read_meta
from training.work import WORK, begin, writing

FULL = Path("/dev/full")  # a disk without space


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "write",
    [lambda: FULL.write_text("x" * 100_000), lambda: torch.save({"a": torch.zeros(100_000)}, FULL)],
    ids=["python", "torch"],
)
def test_a_full_disk_is_told_in_one_line(write):
    with (
        pytest.raises(ModelError, match=r"cannot write or read (my_model|/dev/full) .*; make room"),
        writing(Path("my_model")),
    ):
        write()


def test_what_cannot_be_read_is_named_and_not_the_folder_that_was_to_be_written(tmp_path):
    lost = tmp_path / "tokenizer.json"
    with pytest.raises(ModelError, match=rf"{lost} \(No such file"), writing(tmp_path / "my_model"):
        lost.read_bytes()


def test_a_state_that_is_cut_off_says_which_to_remove(tmp_path):
    state = tmp_path / "optimizer.pt"
    torch.save({"a": torch.zeros(100_000)}, state)
    state.write_bytes(state.read_bytes()[:1000])
    with (
        pytest.raises(ModelError, match=r"state in my_model/work is cut off; remove its folder and resume"),
        writing(Path("my_model")),
    ):
        torch.load(state)


def test_a_folder_of_ours_may_hold_work_of_others(tmp_path, tiny_model):
    mine = shutil.copytree(tiny_model, tmp_path / "model") / WORK / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(ModelError, match=r"work is of no unfinished run; move it"):
        begin(tmp_path / "model", read_meta(tiny_model)[0])
    assert mine.read_text() == "mine"


def test_what_is_no_matter_of_writing_passes():
    with pytest.raises(RuntimeError, match="shapes"), writing(Path("my_model")):
        raise RuntimeError("shapes do not match")
