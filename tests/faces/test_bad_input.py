"""Bad input: each kind is one line on stderr that names the thing and the remedy, and exit code 2."""

from __future__ import annotations

import json
import shutil
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SUMMARY = ("summary", "--market", "XNYS", "--date")


@pytest.fixture
def fails(say):
    """Run a command that must fail; gives its one line."""

    def run(*arguments, **rest) -> str:
        code, out, err = say(*arguments, **rest)
        assert (code, out) == (2, ""), err
        assert err.startswith("causewire: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        what, _, remedy = err.removeprefix("causewire: ").rstrip().rpartition("; ")
        assert what
        assert remedy
        return err

    return run


@pytest.fixture
def desk_copy(desk_folder, tmp_path):
    return shutil.copytree(desk_folder, tmp_path / "copy")


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl", "e.parquet"])
def test_an_empty_archive(fails, tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    assert name in fails("score", tmp_path / name, "-o", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_an_archive_that_is_not_there(fails, tmp_path):
    assert "no.csv" in fails("score", tmp_path / "no.csv", "-o", tmp_path / "out.csv")


def test_a_missing_column(fails, tmp_path):
    (tmp_path / "in.csv").write_text("headline\nInflation\n")
    err = fails("score", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert "title" in err
    assert "headline" in err
    assert "'nix'" in fails("score", tmp_path / "in.csv", "-o", tmp_path / "o.csv", "--title", "nix").replace(
        '"', "'"
    )


def test_an_archive_without_one_good_row(fails, tmp_path):
    (tmp_path / "in.csv").write_text("title,id\n,1\n,2\n")
    err = fails("ingest", "archive", tmp_path / "in.csv", folder=tmp_path)
    assert "no row of" in err
    assert "; name the column of titles with --title" in err


@pytest.mark.parametrize("day", ["0001-01-01", "1812-01-02", "2199-01-02", "9999-12-31"])
def test_a_date_outside_the_calendar(fails, day):
    assert day in fails(*SUMMARY, day)


def test_a_session_that_has_not_begun(fails):
    err = fails(*SUMMARY, "2026-07-30", "--as-of", "2026-07-29T12:00Z")
    assert "2026-07-30 of XNYS has not begun: its headlines come after 2026-07-29 20:00 UTC" in err


def test_a_date_that_is_no_session(fails):
    err = fails(*SUMMARY, "2026-07-26")
    assert "2026-07-26 is no session of XNYS; take 2026-07-24 or 2026-07-27" in err


def test_a_market_that_is_not_in_the_settings(fails):
    assert "there is no market XNYZ in the settings; did you mean XNYS?" in fails(
        "summary", "--market", "XNYZ", "--date", "2026-07-29"
    )


def test_missing_prices(fails, desk_copy):
    (desk_copy / "prices.csv").unlink()
    assert "prices.csv" in fails(*SUMMARY, "2026-07-29", folder=desk_copy)


def test_a_price_file_that_is_none(fails, desk_copy):
    (desk_copy / "prices.csv").write_text("a,b\n1,2\n")
    assert "prices.csv" in fails(*SUMMARY, "2026-07-29", folder=desk_copy)


@pytest.mark.parametrize(
    "command", [("tag", "x"), (*SUMMARY, "2026-07-29"), ("serve",), ("evaluate", "x.jsonl")]
)
def test_a_model_folder_that_is_not_there(say, command):
    code, _, err = say(*command, "--model", "./no_model")
    assert code == 2
    assert "no_model" in err
    assert err.count("\n") == 1


def test_an_unreadable_model_folder(fails, tmp_path, tiny_model):
    broken = shutil.copytree(tiny_model, tmp_path / "broken")
    (broken / "tagger.json").write_text("{")
    assert "tagger.json" in fails("tag", "x", "--model", broken)


def test_a_model_over_another_base_than_it_says(fails, tmp_path, tiny_model):
    other = shutil.copytree(tiny_model, tmp_path / "other")
    meta = json.loads((other / "tagger.json").read_text())
    meta["base"]["weights_sha256"] = "0" * 64
    (other / "tagger.json").write_text(json.dumps(meta))
    assert "sha256" in fails("tag", "x", "--model", other)


def test_a_ledger_that_is_not_there(fails, tmp_path):
    assert "no ledger at" in fails("--ledger", tmp_path / "no.db", *SUMMARY, "2026-07-29")


def test_a_ledger_that_is_something_else(fails, tmp_path):
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to be read as one" * 100)
    assert "x.db" in fails("--ledger", tmp_path / "x.db", *SUMMARY, "2026-07-29")


def test_a_ledger_without_a_headline(fails, tmp_path, desk_copy):
    (desk_copy / "l.db").unlink()
    from ingest.ledger import Ledger

    Ledger.open(desk_copy / "l.db").close()
    assert "causewire ingest" in fails("summary", "--market", "XNYS", folder=desk_copy)
    assert "causewire ingest" in fails("link", folder=desk_copy)


def test_a_threshold_for_a_cause_that_the_model_does_not_have(fails, desk_copy):
    config = desk_copy / "causewire.toml"
    config.write_text(config.read_text() + "[model.thresholds]\nmakro = 0.5\n")
    assert "model.thresholds.makro" in fails("tag", "x", folder=desk_copy)
    assert "did you mean macro?" in fails("tag", "x", folder=desk_copy)


def test_a_feed_name_that_the_default_list_does_not_have(fails, tmp_path):
    (tmp_path / "causewire.toml").write_text('[feeds]\ninclude = ["CNBC Top Newz"]\n')
    assert "did you mean CNBC Top News?" in fails("feeds", "list", folder=tmp_path)


def test_an_opml_file_that_is_none(fails, tmp_path):
    (tmp_path / "f.opml").write_text("<html></html>")
    assert "f.opml" in fails("feeds", "import-opml", tmp_path / "f.opml")


@pytest.mark.parametrize(
    "arguments", [("init", "--force"), ("feeds", "export-opml"), (*SUMMARY, "2026-07-29", "-o")]
)
def test_a_file_that_cannot_be_written(fails, tmp_path, arguments):
    assert "; name a file that can be written" in fails(*arguments, tmp_path)


def test_no_text_to_tag(fails, tmp_path):
    (tmp_path / "t.txt").write_text("\n \n")
    assert "t.txt holds no text" in fails("tag", "--file", tmp_path / "t.txt")


def test_a_port_that_is_taken(fails, desk_folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_port
    try:
        assert f"cannot listen on 127.0.0.1:{port}" in fails("serve", "--port", f"{port}")
    finally:
        server.server_close()


@pytest.fixture
def bad_feeds(served):
    """Serve /page (a web page) and /large (50 MB of a feed); gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if self.path == "/page":
                self.wfile.write(b"<!doctype html><html><head><title>Login</title></head></html>")
                return
            try:
                for _ in range(50):
                    self.wfile.write(b"<item>" + b"x" * 1_000_000)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client has had enough, as it should

    return served(Handler)


@pytest.mark.parametrize(("path", "said"), [("/page", "page"), ("/large", "larger than 5,000,000 bytes")])
def test_a_feed_that_is_a_web_page_or_50_megabytes(say, tmp_path, bad_feeds, path, said):
    (tmp_path / "causewire.toml").write_text(
        "[client]\nattempts = 1\n[feeds]\ndefault = false\n"
        f'[[feeds.own]]\nname = "Bad"\nurl = "{bad_feeds}{path}"\n'
    )
    code, _, err = say("ingest", folder=tmp_path)
    line = err.splitlines()[0]
    assert code == 3
    assert f"'Bad' ({bad_feeds}{path})" in line
    assert said in line
    assert "; " in line
