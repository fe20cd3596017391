"""The command line: run, compare, province, app, notebook, site, validate, new, import, ledger, cut, seal ….

Exit codes: 0 done, 2 bad input or output that cannot be written, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from math import isnan
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from workbench.catalogue.standards import Certainty, register
from workbench.catalogue.terms import FICTIONAL_NOTE, printable
from workbench.documents import yaml_value
from workbench.errors import Problem, ScenarioError, SourceError, WorkbenchError, WorkbenchWarning
from workbench.folder import check_target, put_file
from workbench.ground.ahead import ground_ahead
from workbench.processes import usable_cpus
from workbench.progress import shown_progress
from workbench.scenario import load_scenario

if TYPE_CHECKING:
    from workbench.cluster import Cell
    from workbench.ground.district import District
    from workbench.scenario import Scenario
    from workbench.study import Study

_PLAIN_WIDTH = 160  # of a pipe or log file, which has none


def _console(*, stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    wide = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(stderr=stderr, width=wide)


out = _console()
err = _console(stderr=True)

BAD_INPUT, INTERRUPTED = 2, 130

_COMPILING = "compiling the search on the walking network: once after installing, some 15 seconds"


def _complain(message: str) -> None:
    err.print(f"[red]error[/] {escape(printable(message, lines=True))}", highlight=False, soft_wrap=True)


class _Guarded(TyperGroup):
    """Turns what goes wrong inside a command into one message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except WorkbenchError as error:
            _complain(str(error))
            raise typer.Exit(BAD_INPUT) from error
        except BrokenPipeError:
            raise  # whoever reads the output has seen enough
        except OSError as error:
            place = f"{error.filename!s:.120}: " if error.filename else ""
            err.print(
                f"[red]error[/] {escape(place + (error.strerror or str(error)))}.", highlight=False, soft_wrap=True
            )
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as stop:
            err.print("[red]interrupted[/] nothing was written", highlight=False)
            raise typer.Exit(INTERRUPTED) from stop


app = typer.Typer(
    cls=_Guarded, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario YAML file.")]
Overlays = Annotated[list[str] | None, typer.Option("--overlay", help="Overlay to add; may be repeated.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Set one dotted key.")]


_FIRST = Path("scenarios/baseline.yaml")


class _Figures(StrEnum):
    """Which figures a run draws."""

    PAGE = "page"
    ALL = "all"
    NONE = "none"


class _Atlas(StrEnum):
    """Of what an atlas has a page each."""

    NONE = "none"
    SUBDISTRICTS = "subdistricts"
    COMMUNITIES = "communities"


class _Tables(StrEnum):
    """Which tables a run writes."""

    ASKED = "asked"
    ALL = "all"


_AREAS: dict[_Atlas, Any] = {_Atlas.SUBDISTRICTS: "subdistrict", _Atlas.COMMUNITIES: "community"}


@app.command()
def run(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO…", help="Scenario YAML files.")],
    district: Annotated[
        list[Path] | None, typer.Option(help="District folder to use instead of the scenario's; may be repeated.")
    ] = None,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Output folder; output/NAME by default.")] = None,
    overlay: Overlays = None,
    setting: Settings = None,
    figures: Annotated[
        _Figures, typer.Option(help="Figures to draw: the few that answer, all, or none.")
    ] = _Figures.PAGE,
    svg: Annotated[bool, typer.Option("--svg", help="Write figures as SVG too, beside PNG.")] = False,
    no_figures: Annotated[bool, typer.Option("--no-figures", hidden=True)] = False,
    slides: Annotated[bool, typer.Option("--slides", help="Write the page for leaders as three slides too.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Print every number, not only the first answer.")] = False,
    tables: Annotated[
        _Tables, typer.Option(help="Tables of the workbook: of what is asked for, or of all studies.")
    ] = _Tables.ASKED,
    atlas: Annotated[
        _Atlas, typer.Option(help="Atlas of a page each: of the subdistricts, or of the communities.")
    ] = _Atlas.NONE,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Work everything out anew, and keep nothing.")] = False,
    sweep: Annotated[
        list[str] | None, typer.Option(metavar="KEY=A,B,…", help="Run with each of these values; may be repeated.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler to run on, tcp://HOST:PORT.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes of this machine to run on.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run cells that are there already as well.")] = False,
) -> None:
    """Run a scenario: the answer on the terminal, everything else in the output folder.

    Several scenarios, districts or swept values run as cells on Dask, each in a folder of its own.
    """
    drawn = _Figures.NONE if no_figures else figures
    area = None if atlas is _Atlas.NONE else _AREAS[atlas]
    asked: dict[str, Any] = {
        "figures": str(drawn),
        "svg": svg,
        "slides": slides,
        "every_table": tables is _Tables.ALL,
        "atlas": area,
    }
    districts = district or []
    if len(scenarios) > 1 or len(districts) > 1 or sweep or scheduler or workers:
        if full:
            mend = "Leave it out: cells.xlsx holds the numbers of all, and each folder its own."
            raise ScenarioError(
                Problem("--full", "it prints the numbers of one run, and several are asked for", mend=mend)
            )
        from workbench.cluster import Outputs, cells_of

        swept = _swept(sweep)
        cells = cells_of(scenarios, districts, swept, overlays=overlay or (), settings=_settings(setting))
        target = out_dir or Path("output") / "cells"
        how = {"scheduler": scheduler, "workers": workers, "again": again, "keep": not no_cache}
        _run_cells(cells, target, outputs=Outputs(**asked), **how)
        return
    intent = load_scenario(scenarios[0], overlays=overlay or (), settings=_settings(setting))
    _run_one(intent, districts[0] if districts else None, out_dir, asked, full=full, no_cache=no_cache)


def _run_one(
    intent: Scenario,
    district: Path | None,
    out_dir: Path | None,
    asked: Mapping[str, Any],
    *,
    full: bool,
    no_cache: bool,
) -> None:
    """Run one scenario in this process; its ground is read in another while what measures it is loaded."""
    with ground_ahead(district or intent.district, keep=not no_cache, workers=usable_cpus()) as ahead:
        from workbench.cache import user_cache
        from workbench.cluster import Outputs
        from workbench.network.kernel import told_of_compiling
        from workbench.report import RECORD, print_answer
        from workbench.study import run_study

        target = out_dir or Path("output") / intent.name
        check_target(target, marker=RECORD)
        with shown_progress(err) as tell, told_of_compiling(lambda: err.print(_COMPILING, highlight=False)):
            cache = None if no_cache else user_cache()
            study = run_study(intent, district, progress=tell, cache=cache, workers=usable_cpus(), ahead=ahead)
    title = f"{study.district.manifest.name} · {intent.title or intent.name}"
    print_answer(out, study, title)
    if full:
        _print_all(study, title)
    out.print(study.district.manifest.notice, style="yellow")
    with shown_progress(err) as tell:
        Outputs(**asked).write(target, study, tell)
    more = "" if full else "  全部数字加 --full"
    out.print(f"结果 {target}  指纹 {study.fingerprint[:16]}{more}", highlight=False, markup=False)


def _run_cells(cells: Sequence[Cell], target: Path, **asked: Any) -> None:
    """Run cells on Dask; say what came of each."""
    from workbench.cluster import WRONG, run_cells
    from workbench.province.report import write_all

    try:
        with shown_progress(err) as tell:
            outcome = run_cells(cells, target, progress=tell, **asked)
    except KeyboardInterrupt as stop:
        err.print(f"[red]interrupted[/] cells that are done stay in {escape(str(target))}; the same call goes on")
        raise typer.Exit(INTERRUPTED) from stop
    for name, state in outcome.states.items():
        out.print(f"{state:<7} {target / name}", highlight=False, markup=False, soft_wrap=True)
    several = len({cell.ground for cell in cells}) > 1
    for note in (*outcome.notes, *(write_all(target) if several else ())):
        out.print(note, highlight=False, markup=False, soft_wrap=True)
    failed = sum(state == WRONG for state in outcome.states.values())
    out.print(f"结果 {target}  {len(cells)} 格，失败 {failed}", highlight=False, markup=False, soft_wrap=True)
    if failed:
        raise typer.Exit(BAD_INPUT)


def _print_all(study: Study, title: str) -> None:
    """Print the tables of plans, every number, the indicators and the four qualities."""
    from workbench.report import planned_kpis, print_indicators, print_kpis, print_results

    print_results(out, study.parts, title)
    print_kpis(out, [*planned_kpis(study.parts), *study.coverage.kpis()], title)
    print_indicators(out, study.appraisal, title)


@app.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO…", help="Scenario YAML files.")],
    district: Annotated[Path | None, typer.Option(help="District folder to use instead of the scenarios'.")] = None,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Output folder; output/comparison by default.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Work everything out anew, and keep nothing.")] = False,
) -> None:
    """Set plans side by side, building nothing among them: gains, losses, money, and what turns the ranking."""
    from workbench.cache import user_cache
    from workbench.comparison import compare_scenarios
    from workbench.plot import save_comparison
    from workbench.report.comparison import COMPARISON, print_comparison, write_comparison

    intents = [load_scenario(path) for path in scenarios]
    target = out_dir or Path("output") / "comparison"
    check_target(target, marker=COMPARISON)
    with shown_progress(err) as tell:
        cache = None if no_cache else user_cache()
        compared = compare_scenarios(intents, district, progress=tell, cache=cache)
    print_comparison(out, compared)
    out.print(compared.studies[0].district.manifest.notice, style="yellow")
    write_comparison(target, compared, draw=partial(save_comparison, compared))
    out.print(f"结果 {target}  指纹 {compared.fingerprint[:16]}", highlight=False, markup=False)


@app.command()
def province(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a run of several districts.")],
    stations: Annotated[
        int | None, typer.Option(min=0, help="New stations to share out over the districts, by siting.curve of each.")
    ] = None,
    money: Annotated[
        float | None, typer.Option(min=0, help="万元 to share out, by siting.frontiers.cost_points of each.")
    ] = None,
) -> None:
    """Report over the districts of a run: a table whose sums are exact, a map, the worst first; share out a sum."""
    from workbench.province.report import missing_districts, write_all

    lines = write_all(folder, stations=stations, money=money)
    if not lines:
        raise missing_districts(folder)
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command("app")
def what_if(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario YAML file to start from.")] = _FIRST,
    district: Annotated[Path | None, typer.Option(help="District folder to use instead of the scenario's.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the page; 0 takes any that is free.")] = 5006,
    address: Annotated[str, typer.Option(help="Who may come: this machine alone by default.")] = "127.0.0.1",
) -> None:
    """Try stations and gates out on a map in the browser, and save what comes of it as a scenario."""
    from workbench.app.server import is_loopback, serve
    from workbench.app.session import Ground
    from workbench.cache import user_cache
    from workbench.network.kernel import told_of_compiling
    from workbench.study import ground_of

    intent = load_scenario(scenario)
    if not is_loopback(address):
        words = f"{address} 不限于本机：能连到它的人都能打开此页，并在 {scenario.parent} 保存情景。"
        err.print(f"[yellow]warning[/] {escape(words)}", highlight=False)

    def ready(url: str) -> None:
        out.print(f"{url}  （Ctrl-C 结束）", highlight=False, markup=False)

    with told_of_compiling(lambda: err.print(_COMPILING, highlight=False)):
        ground = ground_of(intent, district, cache=user_cache())
        out.print(ground.manifest.notice, style="yellow")
        serve(Ground(ground, intent, scenario, district), port=port, address=address, ready=ready)


@app.command()
def notebook(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Notebook, such as 20_siting.")],
    scenario: Annotated[Path, typer.Option(help="Scenario YAML file.")],
    out_file: Annotated[Path, typer.Option("--out", help="Notebook to write, with what it found.")],
    district: Annotated[Path | None, typer.Option(help="District folder to use instead of the scenario's.")] = None,
    html: Annotated[bool, typer.Option("--html", help="Write a page beside it too.")] = False,
) -> None:
    """Run a notebook on any scenario and district."""
    from workbench.notebooks import run_notebook

    for path in run_notebook(name, scenario, out_file, district=district, html=html):
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)


@app.command()
def site(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to make.")] = Path("rendered"),
    runs: Annotated[Path, typer.Option(help="Folder of output folders whose reports to add.")] = Path("output"),
    pictures: Annotated[Path | None, typer.Option(help="Folder for the pictures of the README.", hidden=True)] = None,
) -> None:
    """Write the notebooks and the reports of runs as pages, with an index."""
    from workbench.notebooks import write_pictures, write_site

    if pictures is not None:
        write_pictures(pictures)

    out.print(str(write_site(out_dir, sorted(runs.glob("*")))), highlight=False, markup=False, soft_wrap=True)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    osm: Annotated[
        Path | None, typer.Option("--from-osm", metavar="FILE", help="OSM file to begin with: .osm, .osm.pbf.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the district; that of the folder by default.")] = "",
) -> None:
    """Make a folder to fill a district in: a sheet for every ledger, a recipe, a scenario, and a page that says how."""
    from workbench.ground.intake.scaffold import new_district

    _there(*([osm] if osm is not None else []))
    made = new_district(folder, osm=osm, name=name)
    out.print(
        f"{folder}：{made.sheets} 个台账模板，配方 recipe.yaml，情景 scenario.yaml，先看 README.md", highlight=False
    )
    if osm is not None:
        words = (
            f"OSM 里有小区 {made.compounds} 处、建筑 {made.buildings} 座、像阵地的地方 {len(made.guessed)} 处，都待核对"
        )
        out.print(words, highlight=False)
    for place, why in made.guessed:
        out.print(f"  待核对  {place}（{why}）", highlight=False, markup=False, soft_wrap=True)


def _there(*files: Path) -> None:
    """Refuse files that are not there, in the words of who named them."""
    from workbench.ground.sources.reading import there

    lost = [path for path in files if not there(path)]
    if lost:
        raise SourceError([Problem(str(path), "没有这个文件", mend="核对路径和文件名") for path in lost])


@app.command("import")
def import_(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="Recipe YAML file.")],
    out_dir: Annotated[Path, typer.Option("--out", help="District folder to make.")],
    report: Annotated[
        bool, typer.Option("--report", help="Write a page on the quality of the ground into the folder.")
    ] = False,
) -> None:
    """Make a district folder from real sources, as a recipe declares them."""
    from workbench.ground.sources import import_district, write_district
    from workbench.ground.sources.package import MANIFEST

    check_target(out_dir, marker=MANIFEST)
    with shown_progress(err) as tell:
        made = import_district(recipe, progress=tell)
    write_district(made, out_dir)
    out.print(f"{made!r}\n{out_dir}", highlight=False, markup=False)
    _print_sources(made)
    if report:
        _write_ground_page(made, out_dir)


def _write_ground_page(district: District, folder: Path) -> None:
    """Write the page on the quality of the ground beside it."""
    from workbench.coverage.ground_quality import ground_quality
    from workbench.ground.sources.package import PAGE
    from workbench.plot.quality import save_quality_map
    from workbench.report.ground_page import write_ground_page

    quality = ground_quality(district)
    with TemporaryDirectory() as drawn:
        figures = save_quality_map(quality, Path(drawn))
        put_file(folder / PAGE, lambda file: write_ground_page(file, quality, figures))
    out.print(str(folder / PAGE), highlight=False, markup=False, soft_wrap=True)


@app.command()
def synthesize(
    out_dir: Annotated[Path, typer.Option("--out", help="District folder to make.")],
    seed: Annotated[int | None, typer.Option(help="Same seed, same district; the embedded one's by default.")] = None,
    communities: Annotated[int, typer.Option(help="Communities, 1 to 3,000.")] = 33,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="As the districts of a province, up to 36 communities each, in a folder.")
    ] = False,
) -> None:
    """Make a fictional district of any size, or a province of districts."""
    from workbench.ground import synthetic
    from workbench.ground.sources import write_district
    from workbench.ground.sources.package import MANIFEST

    seed = synthetic.X_DISTRICT_SEED if seed is None else seed
    if tiles:
        from workbench.coverage.measure import halo_needed
        from workbench.province.cut import cut_windows, write_parts
        from workbench.scenario import Scenario

        halo_m = halo_needed(Scenario(name="cut"))
        written = write_parts(cut_windows(synthetic.windows(seed, communities), halo_m=halo_m), out_dir)
        out.print(
            f"{len(written)} districts, halo {halo_m:g} m\n{out_dir}  {FICTIONAL_NOTE}", highlight=False, markup=False
        )
        return
    check_target(out_dir, marker=MANIFEST)
    made = synthetic.district(seed, communities=communities)
    write_district(made, out_dir)
    out.print(f"{made!r}\n{out_dir}  {FICTIONAL_NOTE}", highlight=False, markup=False)


@app.command()
def cut(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="District folder.")],
    by: Annotated[str, typer.Option(metavar="communities|FILE", help="Its communities, or a file of polygons.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder of the district folders to make.")],
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario whose walks a part must hold; those of the standards by default.")
    ] = None,
    halo: Annotated[
        float | None, typer.Option(min=1, help="Metres around its residents that a part holds, instead.")
    ] = None,
) -> None:
    """Cut a district into districts, each with the ground around it that the walks of its residents need."""
    from workbench.coverage.measure import halo_needed
    from workbench.ground.sources import read_district
    from workbench.province.cut import COMMUNITIES, cut_district, read_parts, write_parts
    from workbench.scenario import Scenario

    whole = read_district(folder)
    halo_m = halo or halo_needed(Scenario(name="cut") if scenario is None else load_scenario(scenario))
    shapes = None if by == COMMUNITIES else read_parts(Path(by), whole)
    with shown_progress(err) as tell:
        made = write_parts(cut_district(whole, shapes, halo_m=halo_m, progress=tell), out_dir)
    none = len(whole.communities if shapes is None else shapes) - len(made)
    lived = f", {none} left out where nobody lives" if none else ""
    words = f"{len(made)} districts of {whole!r}, halo {halo_m:g} m{lived}"
    out.print(f"{words}\n{out_dir}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def validate(
    target: Annotated[Path, typer.Argument(metavar="DIR|SCENARIO", help="District folder or scenario file.")],
    overlay: Overlays = None,
    setting: Settings = None,
) -> None:
    """List every problem of a district folder, or every value of a scenario with its origin."""
    if target.is_dir():
        _validate_ground(target)
    else:
        _validate_scenario(target, overlay or [], _settings(setting))


def _validate_ground(folder: Path) -> None:
    from workbench.ground.sources.package import folder_problems, read_district
    from workbench.ground.sources.topology import unmet_remark

    problems = folder_problems(folder)
    if problems:
        table = Table("where", "row", "column or key", "what", "expected", "found", "mend", title=_counted(problems))
        for p in problems:
            place = p.column or p.key
            table.add_row(*(escape(printable(t)) for t in (p.where, p.row, place, p.what, p.expected, p.found, p.mend)))
        out.print(table)
        raise typer.Exit(BAD_INPUT)
    district = read_district(folder)
    _print_sources(district)
    if unmet := unmet_remark(district.ways):
        out.print(f"[yellow]warning[/] {unmet.words}", highlight=False, soft_wrap=True)
    out.print(f"{district!r}: no problems", highlight=False, markup=False)


def _print_sources(district: District) -> None:
    """Print what each source held, what came of it, what was done to it and assumed; then the control totals."""
    for note in district.manifest.sources:
        out.print(note.told(), highlight=False, markup=False, soft_wrap=True)
    for row in district.control_totals().to_dict("records"):
        words = f"控制数 {row['项目']}：{row['控制数']:,.10g}，"
        found = f"底数 {row['底数']:,.10g}，相差 {row['相差']:+,.10g} {row['相差比例']}"
        words += "底数没有这一项" if isnan(row["底数"]) else found
        out.print(words, style="yellow" if row["相差"] else None, highlight=False, markup=False, soft_wrap=True)


def _counted(problems: Sequence[Problem]) -> str:
    return f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"


def _validate_scenario(path: Path, overlays: list[str], settings: dict[str, Any]) -> None:
    from workbench.scenario.load import explain

    scenario = load_scenario(path, overlays=overlays, settings=settings)
    table = Table("key", "value", "set by", "overrides", title=escape(printable(f"{scenario.name}: {scenario.title}")))
    for key, value, origin, overridden in explain(path, overlays=overlays, settings=settings):
        table.add_row(*(escape(printable(str(t))) for t in (key, value, origin, overridden)))
    out.print(table)
    out.print(f"fingerprint {scenario.fingerprint}", highlight=False)


ledger_app = typer.Typer(
    no_args_is_help=True,
    help="Ledgers as people keep them: check what is read of one; hand out those of a district, merge what returns.",
)
app.add_typer(ledger_app, name="ledger")


@ledger_app.command("check")
def ledger_check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Ledger: .xlsx, .xls, .xlsm, .xlsb, .ods, .csv, .txt.")],
    table: Annotated[
        str | None, typer.Option("--as", metavar="TABLE", help="Layer or ledger that it is, such as stations.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet to read; the one that looks most like it by default.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file; found out by default.")] = None,
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="Folder for the annotated copy and the clean CSV.")
    ] = None,
) -> None:
    """Say what is understood of a ledger column by column, what is changed, and what cannot be read."""
    from workbench.ground.intake.annotated import write_checked
    from workbench.ground.intake.ledger import read_ledger, told
    from workbench.ground.intake.workbook import letters

    _there(file)
    found = read_ledger(file, table, sheet=sheet, encoding=encoding)
    title, lines = told(found)
    columns = Table("列", "标题", "读作", "怎么认的", "例（原样 → 读作）", title=escape(title))
    for place, column in enumerate(found.columns, 1):
        cells = (letters(place), column.heading, column.column or "—", column.how, "；".join(column.examples))
        columns.add_row(*(escape(printable(cell)) for cell in cells))
    out.print(columns)
    for line in lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)
    if out_dir is not None:
        for path in write_checked(found, out_dir, sheet=sheet, encoding=encoding):
            out.print(str(path), highlight=False, markup=False, soft_wrap=True)
    if found.rows.empty:
        raise typer.Exit(BAD_INPUT)


@ledger_app.command("out")
def ledger_out(
    district: Annotated[Path, typer.Argument(metavar="DISTRICT", help="District folder.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for the sheets.")],
    table: Annotated[
        list[str] | None, typer.Option(help="Layer or ledger, such as rooms; may be repeated. All by default.")
    ] = None,
) -> None:
    """Write the ledgers of a district as sheets to check and hand back, with lists to choose from."""
    from workbench.catalogue.sheets import title
    from workbench.ground.intake.templates import fillable, write_ledgers
    from workbench.ground.intake.templates import numbered_by_order as by_order
    from workbench.ground.sources import read_district

    ground = read_district(district)
    for path in write_ledgers(ground, out_dir, table or ()):
        out.print(str(path), highlight=False, markup=False, soft_wrap=True)
    loose = "、".join(title(name) for name in ground.tables if name in (table or fillable()) and by_order(ground, name))
    if loose:
        words = f"注意：{loose}的编号是导入时按行号编的，原表加减行后重新导入会变；收回合并以前不要重新导入。"
        out.print(words, highlight=False, markup=False, soft_wrap=True)


@ledger_app.command("merge")
def ledger_merge(
    district: Annotated[Path, typer.Argument(metavar="DISTRICT", help="District folder.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Sheets that came back.")],
    take: Annotated[
        bool, typer.Option("--take", help="Where both sides changed a cell, take that of the sheet.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take rows out that are no longer in a sheet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be done.")] = False,
) -> None:
    """Merge sheets that came back: what changed is taken, conflicts are listed, nothing is overwritten."""
    from workbench.ground.intake.merging import merge_ledgers, write_merged
    from workbench.ground.sources import read_district
    from workbench.ground.sources.package import PAGE

    _there(*files)
    merged = merge_ledgers(read_district(district), files, taking=take, removing=remove)
    for change in merged.changes:
        out.print(change.told(), highlight=False, markup=False, soft_wrap=True)
    paged = (district / PAGE).is_file()
    if not dry_run:
        write_merged(merged, district)
    state = "没有写入" if dry_run or not merged.tables else f"已写入并封存 {', '.join(merged.tables)}"
    out.print(f"{merged.counted()}；{state}", highlight=False, markup=False, soft_wrap=True)
    if paged and not (district / PAGE).is_file():
        _write_ground_page(read_district(district), district)


@app.command()
def seal(folder: Annotated[Path, typer.Argument(metavar="DIR", help="District folder.")]) -> None:
    """Check an edited district folder and write its new checksums into the manifest."""
    from workbench.ground.sources.package import PAGE, read_district, seal_district

    paged = (folder / PAGE).is_file()
    changed = seal_district(folder)
    out.print(f"sealed; changed: {', '.join(changed) or 'nothing'}", highlight=False, markup=False)
    if paged and changed:
        _write_ground_page(read_district(folder), folder)


@app.command()
def standards(
    find: Annotated[str, typer.Option(metavar="TEXT", help="Only values that mention this.")] = "",
    certainty: Annotated[Certainty | None, typer.Option(help="Only values known this surely.")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario whose local values to show, with their origin.")
    ] = None,
) -> None:
    """List the register of standards by document."""
    from workbench.report import print_standards

    values = register() if scenario is None else load_scenario(scenario).register
    print_standards(out, values, find=find, certainty=certainty)


def _settings(pairs: list[str] | None) -> dict[str, Any]:
    """Read KEY=VALUE pairs; values are YAML 1.2."""
    found: dict[str, Any] = {}
    for pair in pairs or ():
        key, mark, text = pair.partition("=")
        if not mark or not key:
            raise ScenarioError(Problem("--set", "the setting does not fit", expected="KEY=VALUE", found=pair))
        if key in found:
            mend = "Leave one of the two out."
            raise ScenarioError(Problem("--set", "the key is set twice", key=key, found=pair, mend=mend))
        found[key] = yaml_value(text, "--set", key=key)
    return found


def _swept(pairs: list[str] | None) -> dict[str, list[tuple[str, Any]]]:
    """Read KEY=A,B,… of a sweep; each value is YAML 1.2, and kept as written too."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for pair in pairs or ():
        key, mark, text = pair.partition("=")
        texts = re.findall(r"(?:[^,\[\]{}]|\[[^\]]*\]|\{[^}]*\})+", text)
        if not (mark and key and texts) or key in found:
            expected = "KEY=VALUE,VALUE,… and each key once"
            raise ScenarioError(Problem("--sweep", "the sweep does not fit", expected=expected, found=pair))
        found[key] = [(one.strip(), yaml_value(one, "--sweep", key=key)) for one in texts]
    return found


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Show warnings of this package as one line each, without the code that raised them."""

    def show(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
        if issubclass(category, WorkbenchWarning):
            err.print(f"[yellow]warning[/] {escape(printable(str(message), lines=True))}", highlight=False)

    with warnings.catch_warnings():
        warnings.simplefilter("default", WorkbenchWarning)
        warnings.showwarning = show
        yield


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that is no text is shown, not stumbled over
            stream.reconfigure(errors="backslashreplace")
    with _plain_warnings():
        app()
