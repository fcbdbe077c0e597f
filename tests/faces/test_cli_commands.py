"""Each command on a small desk of our own."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from desk import formats

HEADLINE = "Inflation worries return"


def test_init_writes_settings_that_every_command_reads(say, tmp_path):
    assert say("init", folder=tmp_path)[:2] == (0, "wrote causewire.toml\n")
    code, out, _ = say("feeds", "list", "--json", folder=tmp_path)
    assert code == 0
    assert len(json.loads(out)) >= 35


def test_init_overwrites_nothing_unless_told_to(say, tmp_path):
    (tmp_path / "causewire.toml").write_text("mine")
    code, _, err = say("init", folder=tmp_path)
    assert code == 2
    assert "causewire.toml is there already; name another file, or overwrite it with --force" in err
    assert (tmp_path / "causewire.toml").read_text() == "mine"
    assert say("init", "--force", folder=tmp_path)[0] == 0


def test_tag_takes_texts_from_arguments(say):
    code, out, err = say("tag", "--json", HEADLINE, "A match ends level")
    assert (code, err) == (0, "")
    first, second = (json.loads(line) for line in out.splitlines())
    assert (first["text"], first["causes"], first["error"]) == (HEADLINE, ["macro"], None)
    assert list(first["intensities"]) == ["infrastructure_cost", "valuation", "regulation", "macro"]
    assert second["causes"] == []


def test_tag_takes_lines_from_a_file(say, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text(f"{HEADLINE}\n\nAn antitrust probe\n")
    code, out, _ = say("tag", "--json", "--file", path)
    assert code == 0
    assert [json.loads(line)["causes"] for line in out.splitlines()] == [["macro"], ["regulation"]]


def test_tag_takes_lines_from_stdin_as_a_process(cli):
    done = cli("tag", "--json", stdin=f"{HEADLINE}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["causes"] == ["macro"]


@pytest.mark.parametrize("more", [(), ("--json",), ("--explain",)])
def test_tag_replaces_bytes_of_an_argument_that_are_no_text(say, more):
    code, out, _ = say("tag", *more, "\udcff inflation is back")
    assert code == 0
    assert "\ufffd inflation is back" in out


def test_tag_shows_a_table_to_people(say):
    code, out, _ = say("tag", HEADLINE)
    assert code == 0
    assert HEADLINE in out
    assert "infrastructure cost" in out


def test_tag_says_which_words_carry_a_cause(say):
    code, out, _ = say("tag", "--explain", "--json", HEADLINE, "A match ends level")
    assert code == 0
    first, second = (json.loads(line) for line in out.splitlines())
    heaviest = max(first["evidence"]["macro"], key=lambda word: word["weight"])
    assert heaviest["text"] == HEADLINE[heaviest["start"] : heaviest["end"]] == "Inflation"
    assert "evidence" not in second
    assert "macro: Inflation" in say("tag", "--explain", HEADLINE)[1]


def test_tag_takes_what_waits_in_the_ledger(say, desk_folder, tmp_path, tiny_model):
    shutil.copytree(desk_folder, tmp_path / "d")
    assert "tagged 0 headlines (model " in say("tag", "--waiting", folder=tmp_path / "d")[2]
    other = shutil.copytree(tiny_model, tmp_path / "other")
    meta = json.loads((other / "tagger.json").read_text())
    meta["data_sha256"] = "another"
    (other / "tagger.json").write_text(json.dumps(meta))
    err = say("tag", "--waiting", "--model", other, folder=tmp_path / "d")[2]
    assert "tagged 375 headlines, 1 withheld for their language" in err


def test_tag_withholds_a_text_in_another_language_with_the_reason(say):
    out = say(
        "tag",
        "--json",
        "Die Notenbank hat den Leitzins nicht gesenkt und wird ihn auch im Herbst nicht senken",
    )[1]
    row = json.loads(out)
    assert (row["intensities"], row["causes"]) == (None, [])
    assert "language de" in row["error"]


def test_tag_obeys_a_threshold_of_the_settings(say, desk_folder, tmp_path):
    shutil.copytree(desk_folder, tmp_path / "d")
    config = tmp_path / "d/causewire.toml"
    config.write_text(config.read_text() + "[model.thresholds]\nvaluation = 0.0\n")
    out = say("tag", "--json", HEADLINE, folder=tmp_path / "d")[1]
    assert json.loads(out)["causes"] == ["macro", "valuation"]


def test_score_writes_an_archive_and_says_what_it_did(say, tmp_path):
    (tmp_path / "in.csv").write_text(f"id,title\n1,{HEADLINE}\n2,\n")
    code, out, err = say("score", tmp_path / "in.csv", "-o", tmp_path / "out.jsonl")
    assert (code, out) == (0, "")
    assert "2 rows, 1 scored" in err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert rows[0]["causes"] == ["macro"]
    assert rows[1]["macro"] is None


def test_score_obeys_a_threshold_of_the_settings_and_a_folder_remembers_it(say, desk_folder, tmp_path):
    shutil.copytree(desk_folder, tmp_path / "d")
    (tmp_path / "in.csv").write_text(f"title\n{HEADLINE}\n")
    ask = ("score", tmp_path / "in.csv", "-o")
    assert say(*ask, tmp_path / "own", folder=tmp_path / "d")[0] == 0
    config = tmp_path / "d/causewire.toml"
    config.write_text(config.read_text() + "[model.thresholds]\nvaluation = 0.0\n")
    assert say(*ask, tmp_path / "out.jsonl", folder=tmp_path / "d")[0] == 0
    assert json.loads((tmp_path / "out.jsonl").read_text())["causes"] == ["macro", "valuation"]
    code, _, err = say(*ask, tmp_path / "own", folder=tmp_path / "d")
    assert code == 2
    assert "was begun with other thresholds" in err


def test_score_says_nothing_when_told_to_be_quiet(say, tmp_path):
    (tmp_path / "in.csv").write_text(f"title\n{HEADLINE}\n")
    assert say("score", tmp_path / "in.csv", "-o", tmp_path / "o.csv", "--quiet") == (0, "", "")


def test_summary_in_three_forms_is_one_summary(say):
    arguments = ("summary", "--market", "XNYS", "--date", "2026-07-29", "--format")
    forms = {form: say(*arguments, form) for form in ("json", "md", "html")}
    assert [code for code, _, _ in forms.values()] == [0, 0, 0]
    plain = json.loads(forms["json"][1])
    assert (plain["market"], plain["session"], plain["state"]) == ("XNYS", "2026-07-29", "final")
    assert plain["coverage"]["headlines"] == 14
    assert plain["coverage"]["withheld_languages"] == {"de": 1}
    assert forms["md"][1].startswith("# New York, Wednesday 29 July 2026\n")
    assert forms["html"][1].startswith("<!doctype html>")


def test_a_headline_after_the_close_counts_to_the_next_session(say):
    titles = {}
    for day in ("2026-07-29", "2026-07-30"):
        plain = json.loads(say("summary", "--market", "XNYS", "--date", day, "--format", "json")[1])
        titles[day] = {row["title"] for cause in plain["causes"] for row in cause["headlines"]}
    assert "After the close: inflation" not in titles["2026-07-29"]
    assert "After the close: inflation" in titles["2026-07-30"]


def test_summary_takes_the_latest_session_with_headlines_by_itself(say):
    plain = json.loads(say("summary", "--market", "XNYS", "--format", "json")[1])
    assert plain["session"] == "2026-07-30"


def test_summary_as_of_an_instant_sees_the_ledger_as_it_stood(say):
    arguments = ("summary", "--market", "XNYS", "--date", "2026-07-29", "--format", "json", "--as-of")
    before = json.loads(say(*arguments, "2026-07-29T18:00Z")[1])
    assert (before["state"], before["coverage"]["headlines"]) == ("so far", 0)
    after = json.loads(say(*arguments, "2026-08-02T18:00Z")[1])
    assert (after["state"], after["coverage"]["headlines"]) == ("final", 14)


def test_summary_as_of_an_instant_alone_takes_the_latest_session_of_then(say):
    code, _, err = say("summary", "--market", "XNYS", "--as-of", "2026-07-31T18:00Z")
    assert (code, err.count("2026-07-31 18:00 UTC; take a later instant")) == (2, 1)  # taken in on 2 August


def test_summary_as_of_an_instant_that_has_not_come_is_an_error(say):
    arguments = ("summary", "--market", "XNYS", "--date", "2026-07-29", "--as-of", "2999-01-01T00:00Z")
    code, out, err = say(*arguments)
    assert (code, out) == (2, "")
    assert "2999-01-01T00:00:00+00:00 has not come" in err


def test_summary_writes_a_file(say, tmp_path):
    out = tmp_path / "new" / "page.html"
    code = say("summary", "--market", "XNYS", "--date", "2026-07-29", "--format", "html", "-o", out)[0]
    assert code == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in out.read_text()


def test_a_market_counts_only_the_headlines_that_its_settings_name(say):
    plain = json.loads(say("summary", "--market", "XKRX", "--date", "2026-07-29", "--format", "json")[1])
    assert plain["coverage"]["headlines"] == 0


def test_link_prints_rows_and_the_caveat(say):
    code, out, _ = say("link", "--market", "XNYS")
    assert code == 0
    assert "not cause" in out
    table = json.loads(say("link", "--market", "XNYS", "--json")[1])
    assert {row["symbol"] for row in table["rows"]} == {"SPY", "XLE"}
    assert "not cause" in table["caveat"]


def test_link_shows_what_its_rows_rest_on(say, desk_folder, tmp_path):
    folder = shutil.copytree(desk_folder, tmp_path / "d")
    config = folder / "causewire.toml"
    config.write_text(config.read_text() + "[baseline]\nmin_headlines = 1\n")
    from aggregate.sessions import Calendar

    calendar = Calendar.open("XNYS", date(2026, 6, 1), date(2026, 7, 31))
    closes = {day: 100 + (7 * place) % 5 for place, day in enumerate(calendar.sessions())}
    rows = [f"{day},SPY,{close},{'odd' if day.day == 10 else ''}" for day, close in closes.items()]
    (folder / "prices.csv").write_text("\n".join(["date,symbol,close,flag", *rows]) + "\n")
    more = [f"more inflation on {day},{day}T15:00:00Z" for day in list(closes)[::3]]  # so they differ
    (folder / "more.csv").write_text("\n".join(["title,published", *more]) + "\n")
    assert say("ingest", "archive", "more.csv", folder=folder)[0] == 0
    code, out, _ = say("link", folder=folder)
    assert code == 0
    table = json.loads(say("link", "--json", folder=folder)[1])
    row = next(row for row in table["rows"] if row["cause"] == "macro" and row["symbol"] == "SPY")
    shown = next(line for line in out.splitlines() if line.strip().startswith("macro") and "S&P 500" in line)
    cells = shown.split("S&P 500")[1].split()
    assert cells[:2] == [f"{row['sessions']}", f"{row['flagged']}"]
    assert row["flagged"] > 0
    assert cells[2] == formats.signed(row["slope"])
    assert cells[5] == formats.degrees(row["df"])
    assert cells[6:] == [formats.probability(row["p"]), formats.probability(row["q"]), f"{row['lags']}"]
    assert table["lag_rule"] in " ".join(out.split())
    assert "0 sessions, fewer than 20" in out  # Energy, which the file lacks


def test_link_without_prices_is_an_error_with_the_remedy(say, desk_folder, tmp_path):
    folder = shutil.copytree(desk_folder, tmp_path / "d")
    (folder / "prices.csv").write_text("date,symbol,close\n2026-07-29,XXX,1\n")
    code, out, err = say("link", folder=folder)
    assert (code, out) == (2, "")
    assert "prices.csv has no price of XNYS's symbols (SPY, XLE) from" in err
    config = folder / "causewire.toml"
    config.write_text(config.read_text().replace('path = "prices.csv"', 'path = ""'))
    code, out, err = say("link", folder=folder)
    assert (code, out) == (2, "")
    assert err.startswith("causewire: no price file is set; set prices.path")


def test_rows_of_prices_that_are_left_out_are_told(say, desk_folder, tmp_path):
    folder = shutil.copytree(desk_folder, tmp_path / "d")
    prices = folder / "prices.csv"
    prices.write_text(prices.read_text() + "2026-07-29,XLE,none at all,,\n2026-07-31,SPY,x,,\n")
    arguments = ("summary", "--market", "XNYS", "--date", "2026-07-29")
    code, out, err = say(*arguments, folder=folder)
    assert code == 0
    told = (
        "1 row of the prices left out; the first, row 5: "
        "XLE on 2026-07-29: the close 'none at all' is no number."
    )
    assert f"- {told}" in out
    assert err == f"causewire: prices.csv: {told}\n"
    err = say("link", folder=folder)[2]
    assert err.startswith("causewire: 2 rows of the prices left out; the first: prices.csv row 5: XLE on")
    config = folder / "causewire.toml"
    config.write_text(config.read_text().replace('path = "prices.csv"', 'path = ""'))
    for form in ("md", "html"):
        code, out, err = say(*arguments, "--format", form, folder=folder)
        assert (code, err) == (0, "")
        assert out.count("No price file is set.") == 1
        assert "no price" not in out


@pytest.fixture
def gold(tmp_path):
    """Return a file of two labelled rows that do not say what they were judged for."""
    path = tmp_path / "gold.jsonl"
    path.write_text(
        '{"title": "Inflation is back", "labels": ["macro"]}\n{"title": "A match ends level", "labels": []}\n'
    )
    return path


def test_evaluate_measures_the_model_of_the_settings(say, gold, tiny_model):
    code, out, _ = say("evaluate", gold, "--json")
    assert code == 0
    report = json.loads(out)
    assert report["n"] == 2
    assert report["model_version"] == json.loads(say("tag", "--json", HEADLINE)[1])["model_version"]
    assert out == say("evaluate", gold, "--model", tiny_model, "--json")[1]
    assert "macro F1" in say("evaluate", gold)[1]


def test_evaluate_obeys_the_settings(say, gold, desk_folder, tmp_path, monkeypatch):
    config = tmp_path / "other.toml"
    text = (desk_folder / "causewire.toml").read_text()
    config.write_text(f"{text}[model.thresholds]\nmacro = 0.0\n")
    precisions = [
        json.loads(say(*before, "evaluate", gold, "--json")[1])["causes"]["macro"]["precision"]
        for before in ((), ("--config", config))
    ]
    assert precisions == [1.0, 0.5]
    monkeypatch.setenv("CAUSEWIRE_MODEL_KERNEL", "none_such")
    code, _, err = say("evaluate", gold)
    assert code == 2
    assert "none_such" in err


def test_evaluate_gives_its_figures_where_the_plot_cannot_be_written(say, gold, tmp_path):
    code, out, err = say("evaluate", gold, "--json", "--plot", tmp_path / "no_such_folder" / "plot.svg")
    assert code == 2
    assert json.loads(out)["n"] == 2
    assert "no_such_folder" in err


def test_evaluate_says_which_causes_nobody_may_have_looked_for(say, gold):
    said = (
        "causewire: no row is tagged with infrastructure_cost, valuation, regulation; "
        "if nobody looked for that, say what rows without `judged` were judged for: --judged macro\n"
    )
    assert say("evaluate", gold, "--json")[2] == said
    assert say("evaluate", gold, "--json", "--judged", "macro")[2] == ""
    rows = [json.loads(line) for line in gold.read_text().splitlines()]
    gold.write_text("".join(json.dumps(row | {"judged": ["macro"]}) + "\n" for row in rows))
    assert say("evaluate", gold, "--json")[2] == ""


RSS = """<rss version="2.0"><channel><title>t</title>{items}</channel></rss>"""
ITEM = (
    "<item><title>{title}</title><guid>{title}</guid><pubDate>Wed, 29 Jul 2026 15:00:00 GMT</pubDate></item>"
)


@pytest.fixture
def feed_server(served):
    """Serve /good.xml (two items) and /page.html (no feed); gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            good = self.path == "/good.xml"
            body = RSS.format(items="".join(ITEM.format(title=f"Inflation {n}") for n in (1, 2)))
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml" if good else "text/html")
            self.end_headers()
            self.wfile.write((body if good else "<!doctype html><html><body>hello</body></html>").encode())

    return served(Handler)


def feeds_settings(folder, tiny_model, *urls):
    own = "".join(f'[[feeds.own]]\nname = "F{n}"\nurl = "{url}"\n' for n, url in enumerate(urls))
    (folder / "causewire.toml").write_text(
        f'[model]\npath = "{tiny_model}"\n[client]\nattempts = 1\n[feeds]\ndefault = false\n{own}'
    )


def test_ingest_takes_feeds_in_and_tags_them_and_twice_adds_nothing(say, tmp_path, tiny_model, feed_server):
    feeds_settings(tmp_path, tiny_model, f"{feed_server}/good.xml")
    code, out, err = say("ingest", folder=tmp_path)
    assert (code, out) == (0, "")
    assert "1 of 1 feed: 2 new headlines, 0 revised" in err
    assert "tagged 2 headlines" in err
    code, out, err = say("ingest", "--json", folder=tmp_path)
    assert code == 0
    assert [(row["new"], row["unchanged"]) for row in json.loads(out)] == [(0, 2)]
    assert "tagged 0 headlines" in err


def test_ingest_dates_what_it_sees_by_when_the_feed_answered(say, tmp_path, tiny_model, served):
    from ingest.ledger import Ledger

    answered = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answered.append(datetime.now(UTC))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(RSS.format(items=ITEM.format(title="Inflation")).encode())

    feeds_settings(tmp_path, tiny_model, f"{served(Handler)}/feed.xml")
    assert say("--ledger", "l.db", "ingest", "--no-tag", folder=tmp_path)[0] == 0
    with Ledger.open(tmp_path / "l.db") as ledger:
        assert [h.first_seen_at > answered[0] for h in ledger.headlines()] == [True]


def test_ingest_names_a_feed_that_fails_and_its_exit_code_says_how_many(
    say, tmp_path, tiny_model, feed_server
):
    feeds_settings(tmp_path, tiny_model, f"{feed_server}/good.xml", f"{feed_server}/page.html")
    code, _, err = say("ingest", "--no-tag", folder=tmp_path)
    assert code == 1
    assert "page.html" in err.splitlines()[0]
    assert "1 of 2 feeds: 2 new headlines" in err
    feeds_settings(tmp_path, tiny_model, f"{feed_server}/page.html")
    assert say("ingest", folder=tmp_path)[0] == 3


def test_feeds_check_says_which_answer_and_writes_it_down(say, tmp_path, tiny_model, feed_server):
    feeds_settings(tmp_path, tiny_model, f"{feed_server}/good.xml", f"{feed_server}/page.html")
    code, out, _ = say("feeds", "check", "--json", "--opml", tmp_path / "f.opml", folder=tmp_path)
    assert code == 1
    assert [row["items"] for row in json.loads(out)] == [2, 0]
    assert 'checked="never"' in (tmp_path / "f.opml").read_text()
    assert not (tmp_path / "causewire.db").exists()


def test_opml_goes_out_and_comes_back_as_settings(say, tmp_path):
    assert say("feeds", "export-opml", tmp_path / "f.opml", folder=tmp_path)[0] == 0
    code, out, _ = say("feeds", "import-opml", tmp_path / "f.opml", folder=tmp_path)
    assert code == 0
    before = json.loads(say("feeds", "list", "--json", folder=tmp_path)[1])
    (tmp_path / "causewire.toml").write_text(f"[feeds]\ndefault = false\n\n{out}")
    after = json.loads(say("feeds", "list", "--json", folder=tmp_path)[1])
    assert [row["url"] for row in after] == [row["url"] for row in before]
    assert [row["name"] for row in after] == [row["name"] for row in before]


def test_ingest_archive_takes_a_file_in(say, tmp_path, tiny_model):
    feeds_settings(tmp_path, tiny_model)
    rows = "title,published\nInflation again,2026-07-29T15:00:00Z\n,2026-07-29T16:00:00Z\n"
    (tmp_path / "old.csv").write_text(rows)
    code, _, err = say("ingest", "archive", "old.csv", folder=tmp_path)
    assert code == 0
    assert "old.csv: 1 new headline, 0 revised, 0 known, 1 row without one" in err
    assert "no time that can be read" not in err
    assert "tagged 1 headline (model " in err


def test_ingest_archive_tells_of_times_that_it_cannot_read(say, tmp_path, tiny_model):
    feeds_settings(tmp_path, tiny_model)
    (tmp_path / "us.csv").write_text(
        "title,published\nInflation again,03/02/2026\nRates on hold,2026-03-02\n"
    )
    code, _, err = say("ingest", "archive", "us.csv", folder=tmp_path)
    assert code == 0
    assert "us.csv: 2 new headlines, 0 revised, 0 known; 1 has no time that can be read" in err
    assert "so counts to no session" in err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--no-tag"], "--no-tag before `archive` would not count; put it after `archive`"),
        (["--model", "x"], "--model before `archive` would not count; put it after `archive`"),
        (["--json"], "`ingest archive` has no --json; leave it out"),
    ],
)
def test_an_option_before_archive_is_refused_and_not_dropped(say, tmp_path, tiny_model, option, said):
    feeds_settings(tmp_path, tiny_model)
    (tmp_path / "old.csv").write_text("title,published\nInflation again,2026-07-29T15:00:00Z\n")
    code, out, err = say("ingest", *option, "archive", "old.csv", folder=tmp_path)
    assert (code, out) == (2, "")
    assert said in err
    assert not (tmp_path / "causewire.db").exists()


def test_demo_runs_the_whole_way_and_again_adds_nothing(say, tmp_path, tiny_model):
    (tmp_path / "causewire.toml").write_text(f'[model]\npath = "{tiny_model}"\n')
    code, out, err = say("demo", folder=tmp_path)
    assert code == 0
    assert "6 feeds: 1,174 new headlines, 0 known" in out
    names = ("XNYS-2026-07-29.html", "XKRX-2026-07-28.html", "XNYS-2026-07-29.md", "XKRX-2026-07-28.json")
    before = {name: (tmp_path / "demo-output" / name).read_bytes() for name in names}
    assert (tmp_path / "demo-output" / "XNYS-2026-07-29.html").as_uri() in out
    assert "tag the headlines" in err
    seoul = json.loads(before["XKRX-2026-07-28.json"])
    assert {cause["baseline"]["n"] for cause in seoul["causes"]} == {10}
    arguments = (
        "--config",
        "demo-output/causewire.toml",
        "summary",
        "--market",
        "XNYS",
        "--model",
        tiny_model,
    )
    for form in ("md", "html"):
        shown = say(*arguments, "--date", "2026-07-29", "--format", form, folder=tmp_path)[1]
        assert "A sample: real market days, retold in our own words." in shown
        assert "A sample: real market days" in before["XNYS-2026-07-29.md"].decode()
    assert "Serve them with `make serve`, or `causewire --config demo-output/causewire.toml serve`." in out
    code, out, _ = say("demo", folder=tmp_path)
    assert "6 feeds: 0 new headlines, 1,174 known; 0 tagged now" in out
    assert before == {name: (tmp_path / "demo-output" / name).read_bytes() for name in names}


def test_demo_in_another_folder_does_not_speak_of_make(say, tmp_path, tiny_model):
    (tmp_path / "causewire.toml").write_text(f'[model]\npath = "{tiny_model}"\n')
    code, out, _ = say("demo", "--out", "other", folder=tmp_path)
    assert code == 0
    assert "Serve them with `causewire --config other/causewire.toml serve`." in out


@pytest.mark.parametrize("name", ["causewire.toml", "prices.csv", "causewire.db"])
def test_demo_leaves_alone_what_is_not_its_own(say, tmp_path, tiny_model, name):
    config = tmp_path / "settings.toml"
    config.write_text(f'[model]\npath = "{tiny_model}"\n')
    (tmp_path / name).write_text("# mine")
    code, out, err = say("--config", config, "demo", "--out", ".", folder=tmp_path)
    assert (code, out) == (2, "")
    assert f"{name} is there and is not the demo's own; name another folder with --out" in err
    assert {one.name for one in tmp_path.iterdir()} == {"settings.toml", name}
    assert (tmp_path / name).read_text() == "# mine"


def test_demo_says_which_page_it_cannot_write(say, tmp_path, tiny_model):
    (tmp_path / "causewire.toml").write_text(f'[model]\npath = "{tiny_model}"\n')
    (tmp_path / "out/XNYS-2026-07-29.html").mkdir(parents=True)
    code, out, err = say("demo", "--out", "out", folder=tmp_path)
    assert (code, out) == (2, "")
    last = err.splitlines()[-1]
    assert last.startswith("causewire: out/XNYS-2026-07-29.html: ")
    assert last.endswith("; name another folder with --out")
