from __future__ import annotations

import os
from unittest import mock

from model.products import keep_few_compiled


def test_the_environment_says_how_much_is_kept_before_we_do():
    with mock.patch.dict(os.environ, {"LRU_CACHE_CAPACITY": "7"}):
        os.environ.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
        keep_few_compiled()
        assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "32"
        assert os.environ["LRU_CACHE_CAPACITY"] == "7"
