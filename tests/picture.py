"""The README's picture of a published page, from the golden file: `python -m tests.picture` (Chromium needed)."""

from __future__ import annotations

import io
from pathlib import Path
from shutil import which

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "tests/golden/strangnas.se/uppfoljning-2021-T3/index.html"
PICTURE = ROOT / "config/samples/strangnas-2021/uppfoljning.png"
WIDTH, HEIGHT, COLOURS = 900, 1190, 48


def main() -> None:
    """Photograph the top of the page as it stands on a desktop, in few colours, and say how large it became."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(PAGE.as_uri())
        shot = page.screenshot()
        browser.close()
    small = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {small.width} × {small.height}, {PICTURE.stat().st_size} byte")


if __name__ == "__main__":
    main()
