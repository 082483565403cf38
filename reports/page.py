"""Turns a template and the published copy's own words about itself into one self-contained HTML page.

A page opens from a file: styles, scripts and data stand in it, and its content security policy lets it ask nobody.
The same data gives the same bytes: what a page says of time is when its data was published.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports import texts
from reports.tier_names import TIER_MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.charts import Chart
    from reports.published import Publication

_TEMPLATES = Path(__file__).parent / "templates"
# Name, file, and what the entry is called in the menu of every page.
PAGES = (("trends", "trends.html", "Trends"), ("operations", "operations.html", "Operations"))


def render_page(
    template: str,
    publication: Publication,
    *,
    title: str,
    page: str = "",
    charts: Sequence[Chart] = (),
    home: str = "",
    links: Iterable[tuple[str, str]] = (),
    **context: Any,
) -> str:
    """Render a page.

    Args:
        template: File in ``reports/templates`` that extends ``base.html.j2``.
        publication: What is shown; says whether it is simulated and stands in the footer.
        title: Of the browser's tab.
        page: The entry of the menu this is: ``trends``, ``operations`` or none.
        charts: The interactive charts. With one or more of them Vega is put into the page, once.
        home: Path from the page's folder to ``DATA_DIR/reports``: ``../`` for a page in a folder below it.
        links: More entries of the menu: address relative to the page, and words.
        context: Names for the template.

    Raises:
        jinja2.TemplateError: The template has a mistake, or names something that is not there.
    """
    bundle = ""
    if charts:
        from reports.charts import config, vega_bundle

        bundle = vega_bundle()
        context["chart_specs"] = {chart.name: chart.spec() for chart in charts}
        context["chart_configs"] = {mode: config(mode) for mode in ("light", "dark")}
    return (
        _environment()
        .get_template(template)
        .render(
            publication=publication,
            title=title,
            page=page,
            menu=[(name, f"{home}{file}", words) for name, file, words in PAGES],
            links=tuple(links),
            is_interactive=bool(charts),
            vega=Markup(bundle.replace("</script", "<\\/script")),  # noqa: S704 - a library's own code
            labels={chart.name: chart.label for chart in charts},
            **context,
        )
    )


def write_page(path: Path, html: str) -> None:
    """Put a page in its place by rename: a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two processes may be at it: a publish, and a gate that failed meanwhile.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(path)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(texts.FILTERS)
    environment.filters["json"] = _json
    environment.globals.update(
        tier_marks=TIER_MARKS,
        source=lambda name: Markup((_TEMPLATES / name).read_text(encoding="utf-8")),  # noqa: S704 - our own files
    )
    return environment


def _json(value: object) -> Markup:
    """A value as JSON that may stand in a script element."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - made safe in this line
