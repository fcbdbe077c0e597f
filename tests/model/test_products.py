from __future__ import annotations

import os
from unittest import mock

from model.products import FOR_ARCHIVES, FOR_SERVERS, keep_compiled


def test_what_is_said_first_holds_and_the_environment_says_it_before_all():
    with mock.patch.dict(os.environ, {"LRU_CACHE_CAPACITY": "7"}):
        os.environ.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
        keep_compiled(FOR_SERVERS)
        keep_compiled(FOR_ARCHIVES)
        assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == str(FOR_SERVERS)
        assert os.environ["LRU_CACHE_CAPACITY"] == "7"
