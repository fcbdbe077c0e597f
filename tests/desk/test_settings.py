"""Settings: what loads, what overrides what, and how errors name the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.environment import VARIABLES, markdown_table
from desk.markets import DEFAULT_MARKETS
from desk.settings import Settings, default_toml, find_config, load_settings
from errors import SettingsError

DOCS = Path(__file__).parents[2] / "docs"


def write(folder: Path, text: str) -> Path:
    path = folder / "causewire.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(folder, text), environ or {})
    return str(caught.value).replace(f"{folder}/causewire.toml:", "@")  # shorter in what is expected


def test_the_template_loads_to_the_defaults():
    import dataclasses
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = load_settings(write(folder, default_toml()), {})
        defaults = Settings()
        assert loaded.ledger.path == folder / defaults.ledger.path
        assert dataclasses.replace(loaded, ledger=defaults.ledger) == defaults


def test_the_template_shows_every_key():
    import dataclasses
    import tomllib

    written = tomllib.loads(default_toml())
    for field in dataclasses.fields(Settings):
        if field.name == "markets":
            continue
        if field.name == "notice":
            assert written["notice"] == Settings().notice
            continue
        keys = {inner.name for inner in dataclasses.fields(getattr(Settings(), field.name))}
        assert keys - {"own"} == written[field.name].keys()
    assert list(written["markets"]) == list(DEFAULT_MARKETS)


def test_without_a_file_the_defaults_apply():
    assert load_settings(None, {}) == Settings()


def test_what_the_file_leaves_out_keeps_its_default(tmp_path):
    settings = load_settings(write(tmp_path, "[baseline]\nsessions = 15\n"), {})
    assert settings.baseline.sessions == 15
    assert settings.baseline.within == Settings().baseline.within
    assert settings.markets == DEFAULT_MARKETS


def test_relative_paths_count_from_the_files_folder(tmp_path):
    text = '[ledger]\npath = "a/b.db"\n[prices]\npath = "/p.csv"\n[feeds]\nopml = "f.opml"\n'
    settings = load_settings(write(tmp_path, text), {})
    assert settings.ledger.path == tmp_path / "a/b.db"
    assert settings.prices.path == Path("/p.csv")
    assert settings.feeds.opml == tmp_path / "f.opml"


def test_a_path_from_the_environment_counts_from_where_one_stands(tmp_path):
    settings = load_settings(write(tmp_path, ""), {"CAUSEWIRE_LEDGER_PATH": "x.db"})
    assert settings.ledger.path == Path("x.db")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("mine", "{folder}/mine"),
        ("./mine", "{folder}/mine"),
        ("~/mine", "{home}/mine"),
        ("~/not_yet", "{home}/not_yet"),
        ("elsewhere", "elsewhere"),
        ("org/name", "org/name"),
        ("/abs/model", "/abs/model"),
    ],
)
def test_a_model_beside_the_file_is_meant_before_one_elsewhere(tmp_path, monkeypatch, said, meant):
    folder, home = tmp_path / "settings", tmp_path / "home"
    for made in (folder / "mine", home / "mine"):
        made.mkdir(parents=True)
    monkeypatch.setenv("HOME", f"{home}")
    settings = load_settings(write(folder, f'[model]\npath = "{said}"\n'), {})
    assert settings.model.path == meant.format(folder=folder, home=home)


def test_a_model_from_the_environment_counts_from_where_one_stands(tmp_path):
    (tmp_path / "mine").mkdir()
    settings = load_settings(write(tmp_path, '[model]\npath = "x"\n'), {"CAUSEWIRE_MODEL_PATH": "mine"})
    assert settings.model.path == "mine"


def test_markets_of_the_file_replace_the_default_ones(tmp_path):
    text = '[markets.XLON]\ntitle = "London"\nheadlines_from = ["GB"]\nsymbols = { "^FTSE" = "FTSE 100" }\n'
    settings = load_settings(write(tmp_path, text), {})
    assert list(settings.markets) == ["XLON"]
    market = settings.markets["XLON"]
    assert (market.calendar, market.headlines_from, market.symbols) == (
        "XLON",
        ("GB",),
        {"^FTSE": "FTSE 100"},
    )


def test_the_environment_wins_over_the_file(tmp_path):
    path = write(tmp_path, "[server]\nport = 1\n[headlines]\nday_only = true\n")
    settings = load_settings(path, {"CAUSEWIRE_SERVER_PORT": "2", "CAUSEWIRE_HEADLINES_DAY_ONLY": "false"})
    assert settings.server.port == 2
    assert settings.headlines.day_only is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[serv]\n", "@1: serv is not known; did you mean `server`?"),
        ("[SERVER]\n", "@1: SERVER is not known; did you mean `server`?"),
        (
            "# a\n\n[feeds]\nexlude = [\n]\n",
            "@4: feeds.exlude is not known; did you mean `exclude`?",
        ),
        (
            "[baseline]\nzzz = 1\n",
            "@2: baseline.zzz is not known; known here are sessions, within,",
        ),
        (
            "[baseline]\nwithin = 50\nsessions = 0\n",
            "@3: baseline.sessions: 0 should be greater than 0; correct it, or leave it out for 20",
        ),
        ("[baseline]\nsessions = 50\n", "@1: baseline: 50 sessions cannot be found within 40"),
        ("[baseline]\nat_least = 1\n", "@2: baseline.at_least: 1 should be greater than or equal to 2"),
        ("[baseline]\nat_least = 30\n", "@1: baseline: at least 30 of 20 sessions cannot be"),
        ('[[feeds.own]]\nname = "a"\n', "@1: feeds.own[0].url is missing; add `url = ...`"),
        (
            '[[feeds.own]]\nname = "a"\nurl = "ftp://x"\n',
            "@3: feeds.own[0].url: 'ftp://x' an address",
        ),
        ("[markets.XNYS]\n", "@1: markets.XNYS.title is missing"),
        (
            '[markets.A]\ntitle = "A"\n[markets.A.symbols]\nX = 1\n',
            "@4: markets.A.symbols.X: 1 should be",
        ),
        (
            '[markets.A]\ntitle = "A"\nexchanges = { SPY = "XNYS" }\n',
            "@1: markets.A: exchanges names SPY, which is none of the market's symbols",
        ),
        (
            '[markets.A]\ntitle = "A"\nsymbols = { SPY = "S" }\nexchanges = { SPY = "" }\n',
            "@1: markets.A: exchanges gives SPY no exchange, such as XNYS",
        ),
        ("markets = 3\n", "@1: markets: 3 should be a valid dictionary"),
        (
            "[model.thresholds]\nmacro = 1.5\n",
            "@2: model.thresholds.macro: 1.5 should be less than",
        ),
        ("[server]\n\nport = \n", "@3: Invalid value; write the line as TOML"),
        ('[server]\nhost = """\n', "@2: "),
    ],
)
def test_an_error_names_line_key_and_remedy(tmp_path, text, said):
    message = error_of(tmp_path, text)
    assert message.startswith(said)
    assert "\n" not in message


def test_the_first_of_several_errors_is_told_with_their_number(tmp_path):
    message = error_of(tmp_path, "[server]\nport = -1\n[baseline]\nsessions = -1\n")
    assert message.startswith("@2: server.port")
    assert "(and 1 more)" in message


def test_an_error_of_a_variable_names_the_variable(tmp_path):
    assert error_of(tmp_path, "", {"CAUSEWIRE_SERVER_PORT": "x"}).startswith(
        "environment variable CAUSEWIRE_SERVER_PORT: server.port: 'x'"
    )


def test_a_variable_that_does_not_exist_is_an_error_with_a_guess():
    with pytest.raises(SettingsError, match="PROT is not known; did you mean CAUSEWIRE_SERVER_PORT"):
        load_settings(None, {"CAUSEWIRE_SERVER_PROT": "1"})


def test_the_file_is_looked_for_as_named_then_in_the_environment_then_here(tmp_path):
    here, other = write(tmp_path, ""), tmp_path / "other.toml"
    other.write_text("")
    assert find_config(other, {"CAUSEWIRE_CONFIG": str(here)}, tmp_path) == other
    assert find_config(None, {"CAUSEWIRE_CONFIG": str(other)}, tmp_path) == other
    assert find_config(None, {}, tmp_path) == here
    here.unlink()
    assert find_config(None, {}, tmp_path) is None


@pytest.mark.parametrize(
    ("given", "environ"), [(Path("no.toml"), {}), (None, {"CAUSEWIRE_CONFIG": "no.toml"})]
)
def test_a_named_file_that_is_not_there_is_an_error(given, environ, tmp_path):
    with pytest.raises(SettingsError, match=r"no settings file no\.toml .*`causewire init no\.toml`"):
        find_config(given, environ, tmp_path)


def test_a_file_that_is_not_utf8_is_an_error(tmp_path):
    path = tmp_path / "causewire.toml"
    path.write_bytes(b"# caf\xe9\n")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(path, {})


def test_a_byte_order_mark_before_the_text_is_passed_over(tmp_path):
    path = tmp_path / "causewire.toml"
    path.write_bytes(b"\xef\xbb\xbf[server]\nport = 8123\n")
    assert load_settings(path, {}).server.port == 8123


def test_the_docs_show_the_template_and_the_table_of_variables():
    docs = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert default_toml() in docs
    assert markdown_table() in docs


def test_every_variable_names_a_key_that_exists():
    for variable in VARIABLES:
        assert hasattr(getattr(Settings(), variable.section), variable.key)
