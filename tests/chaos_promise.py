"""The municipality of a chaos run, whose sites and accounts are our servers, and what a run counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tasks.store import Store
from tests.chaos_mastodon import TOKEN as MASTODON_TOKEN
from tests.chaos_servers import PAGE, PLACE, TOKEN, Outside
from tests.optimizely_server import CLIENT, IMAGE_TYPE, MEDIA, SECRET, TYPE
from tests.x_server import KEYS
from tests.year import SAMPLE, Year, walk

SLUG, PERIODS = Year.promise_slug, ("2021-T1", "2021-T2", "2021-T3")


@dataclass
class Tally:
    """What a run counts."""

    numbers: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    crashes: Counter[str] = field(default_factory=Counter)
    flow_runs: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


def write_config(folder: Path, outside: Outside) -> None:
    """Write the config of a municipality whose sites and accounts are our servers."""
    secrets = "\n".join(f'{key} = "{value}"' for key, value in KEYS.items())
    address = f"{outside.url('optimizely')}/medborgarloften/strangnas/uppfoljning-{{period}}/"
    shelf = f"{outside.url('shelf')}/strangnas.se/uppfoljning-{{period}}/"
    common = 'party = "municipality"\nrole = "post"\ntimeout_seconds = 0.35\n'
    text = f"""based_on = "{SAMPLE}"
[[channel]]
id = "strangnas.se"
kind = "package"
name = "Kommunens webbplats"
party = "municipality"
role = "site"
template = "sida"
timeout_seconds = 0.35
folder = "{outside.root}/strangnas.se"
address = "https://strangnas.example.com/medborgarlofte/uppfoljning-{{period}}/"
read_back = "{shelf}"
[[channel]]
id = "polisen.se"
kind = "optimizely"
name = "Polisens webbplats"
party = "police"
role = "site"
template = "sida"
timeout_seconds = 0.35
base_url = "{outside.url("optimizely")}"
address = "{address}"
options = {{ content_type = "{TYPE}", parent = {PLACE}, image_type = "{IMAGE_TYPE}", image_parent = {MEDIA} }}
secrets = {{ client_id = "{CLIENT}", client_secret = "{SECRET}" }}
[[channel]]
id = "kommunen-x"
kind = "x"
name = "Kommunens konto på X"
template = "x"
{common}base_url = "{outside.url("x")}"
[channel.secrets]
{secrets}
[[channel]]
id = "kommunen-facebook"
kind = "facebook"
name = "Kommunens sida på Facebook"
template = "kort"
{common}base_url = "{outside.url("facebook")}"
options = {{ page = "{PAGE}" }}
secrets = {{ page_token = "{TOKEN}" }}
"""
    if "mastodon" in outside.ports:
        text += f"""[[channel]]
id = "kommunen-mastodon"
kind = "mastodon"
name = "Kommunens konto på Mastodon"
template = "kort"
{common}base_url = "{outside.url("mastodon")}"
secrets = {{ access_token = "{MASTODON_TOKEN}" }}
"""
    (folder / "municipalities" / "strangnas.toml").write_text(text, encoding="utf-8")


def write_drafts(folder: Path, outside: Outside, store: Store) -> None:
    """Draft all three periods of the year, ready to be approved."""
    year = Year(folder, store)
    write_config(folder, outside)
    year.logs([walk("K1", "2021-04-10"), walk("K2", "2021-06-03", "Härad")], [])
    for period in PERIODS:
        year.run(period)
