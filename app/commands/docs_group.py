"""`touchline docs`: pages that are written from what there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.terminal import ready, say
from app.errors import UnreadableFile

if TYPE_CHECKING:
    from app.db.pool import Pool

group = typer.Typer(help="Pages that are written from what there is.", no_args_is_help=True)


@group.callback()
def docs() -> None:
    """Pages that are written from what there is."""


@group.command("warehouse")
def docs_warehouse(
    out: Annotated[Path, typer.Option(help="folder to write into")] = Path("docs/warehouse"),
) -> None:
    """The data dictionary, a picture of the star schema, and dbt's sources.yml, from the database's own comments."""
    settings = ready()
    from app.commands.parked import on_database

    async def look(pool: Pool, _dsn: str) -> dict[str, str]:
        return await pages(pool)

    for name, text in on_database("docs", settings, look).items():
        try:
            out.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(text, encoding="utf-8")
        except OSError as exc:
            raise UnreadableFile(f"{out / name} cannot be written: {exc.strerror or exc}.") from None
        say(f"{out / name}")


async def pages(pool: Pool) -> dict[str, str]:
    """What is written, by the name of the file."""
    from app.warehouse.catalogue import dbt_sources, dictionary, relations, rollups
    from app.warehouse.diagram import diagram

    found = await relations(pool)
    rolled = await rollups(pool)
    return {
        "dictionary.md": dictionary(found, rolled),
        "diagram.svg": diagram(found),
        "sources.yml": dbt_sources(found),
    }
