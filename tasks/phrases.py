"""Short wordings that citizens read, one block each in a template file: what may be filled in, said, and tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.model import Refused
from tasks.templating import Sheet

_MEND = "Skriv siffrans namn inom {{ }}, så fylls den i."


@dataclass(frozen=True, slots=True)
class Phrases:
    """The wordings of one file in config/templates; `known` has each block's names with an example of each."""

    file: str
    known: Mapping[str, Mapping[str, Any]]

    def say(self, templates: Mapping[str, str], part: str, **told: Any) -> str:
        """Return one wording on one line; Refused names file, line and mend."""
        sheet = Sheet(templates, self.file)
        if part not in sheet.parts:
            mend = f"Lägg till raden {{% block {part} %}}…{{% endblock %}}."
            raise Refused(f"Mallen {self.file} saknar blocket {part}. {mend}")
        lines = sheet.render_part(part, told).splitlines()
        said = " ".join(line.strip() for line in lines if line.strip())
        if not said:
            raise Refused(f"Mallen {self.file}, block {part}: texten är tom. Skriv något.")
        return said

    def check(self, templates: Mapping[str, str]) -> None:
        """Raise Refused where a wording can't be said, is missing or has a figure typed by hand."""
        sheet = Sheet(templates, self.file)
        for part, told in self.known.items():
            self.say(templates, part, **told)
        for part, line, text in sheet.typed:
            if any(c.isdigit() for c in text):
                where = f"Mallen {self.file}, rad {line}"
                raise Refused(f"{where}: en siffra är skriven för hand i {part} (”{' '.join(text.split())}”). {_MEND}")
