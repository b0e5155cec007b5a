"""Template source → text: sandboxed, strict about unknown names, and plain about what is wrong and where."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import DictLoader, StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tasks.model import Refused, Trouble


class Sheet:
    """One template file, read once: its blocks in order, each rendered on its own, or the whole."""

    def __init__(self, templates: Mapping[str, str], file: str, *, autoescape: bool = False) -> None:
        self.file = file
        if file not in templates:
            known = ", ".join(sorted(templates)) or "inga"
            raise Refused(f"Mallen {file} finns inte. Lägg den i config/templates; där finns: {known}.")
        self._template: Template
        try:
            self._template, self.parts, self.typed = _read(tuple(sorted(templates.items())), file, autoescape)
        except TemplateSyntaxError as error:
            mend = "Rätta raden; klammer och procenttecken måste stå i par."
            raise Refused(f"Mallen {file}, rad {error.lineno}: {error.message}. {mend}") from error

    def render(self, variables: Mapping[str, Any]) -> str:
        """Return the whole template as text; Refused names file, line and mend."""
        try:
            return "".join(self._template.root_render_func(self._template.new_context(dict(variables))))
        except Exception as error:
            self._refuse(error)

    def render_part(self, part: str, variables: Mapping[str, Any]) -> str:
        """Return one block as text; Refused names file, line and mend."""
        try:
            return "".join(self._template.blocks[part](self._template.new_context(dict(variables))))
        except Exception as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> NoReturn:
        # Whatever a template does wrong is the template's trouble: staff write it, and no draft is made from it.
        file, line = _place(error.__traceback__, self.file)
        where = f"Mallen {file}, rad {line}"
        if isinstance(error, Trouble):
            raise Refused(f"{where}: {error}") from error
        if isinstance(error, UndefinedError):
            raise Refused(f"{where}: okänt namn ({error.message}). Rätta stavningen eller ta bort det.") from error
        raise Refused(f"{where}: {type(error).__name__}: {error}. Rätta uttrycket på raden.") from error


@lru_cache(maxsize=64)
def _read(
    templates: tuple[tuple[str, str], ...], file: str, autoescape: bool
) -> tuple[Template, tuple[str, ...], tuple[tuple[str, int, str], ...]]:
    """Return a compiled template, the names of its blocks in order, and (block, line, text) of what is typed in them.

    Kept, since every save of a text renders all.
    """
    environment = _environment(templates, autoescape)
    tree = environment.parse(dict(templates)[file])
    blocks = [node for node in tree.body if isinstance(node, nodes.Block)]
    typed = [(block.name, text.lineno, text.data) for block in blocks for text in block.find_all(nodes.TemplateData)]
    return environment.get_template(file), tuple(block.name for block in blocks), tuple(typed)


@lru_cache(maxsize=16)
def _environment(templates: tuple[tuple[str, str], ...], autoescape: bool) -> ImmutableSandboxedEnvironment:
    """Return the sandbox of a set of templates; kept, since compiling the page costs more than rendering it."""
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(templates)),
        # Plain texts are escaped when they are placed in a page, not before.
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _place(trace: TracebackType | None, file: str) -> tuple[str, int]:
    """Return the template, an included one too, and its line in which an exception was raised; 0 outside of all."""
    line = 0
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            file, line = template.name or file, template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return file, line
