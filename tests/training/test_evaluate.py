"""What is printed of figures that do not exist."""

import json

import pytest

from commands.terminal import print_report
from training.corpus import LabelledHeadline
from training.evaluate import evaluate


def test_the_json_is_valid_where_no_row_has_a_label(tiny_tagger, capsys):
    rows = [LabelledHeadline(f"m-{word}", word, "", (), tiny_tagger.causes) for word in ("a", "b")]
    print_report(evaluate(tiny_tagger, rows), as_json=True)
    report = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    nothing = [None, None]
    assert report["macro"] == {"f1": None, "ap": None, "f1_interval": nothing, "ap_interval": nothing}
    assert report["causes"]["macro"]["ap"] is None
