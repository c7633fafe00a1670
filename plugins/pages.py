"""Reports as pages that need nothing else: styles and drawings are inside."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vectorkit",
    "font.family": "sans-serif",
    "date.converter": "concise",
}
Filters = Mapping[str, Callable[..., Any]]


def render(template: Path, filters: Filters, **values: Any) -> str:
    """The page; every value is text in it, never markup, but for a `drawing`."""
    environment = Environment(
        loader=FileSystemLoader([template.parent, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment.get_template(template.name).render(**values)


def style() -> AbstractContextManager[None]:
    """In this context figures are made that become drawings."""
    return mpl.rc_context(_STYLE)


def drawing(figure: Figure) -> Markup:
    """The figure as SVG; the same figure always gives the same text."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    # What comes before the root is for a file of its own and names an address.
    svg = text.getvalue()[text.getvalue().index("<svg") :]
    # matplotlib escapes the labels; whatever is in it was drawn.
    return Markup(svg)  # noqa: S704
