"""The mobility database's schema: one row a coarse-grained run, units in the names, allowed ranges beside every column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

SCHEMA_VERSION = 2
"""Raised when a column changes its meaning; files of another version are refused."""

Kind = Literal["text", "integer", "number", "curve"]
Presence = Literal["always", "ok", "optional"]

_TYPES: dict[str, pa.DataType] = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "curve": pa.list_(pa.float32())}


@dataclass(frozen=True)
class Column:
    """A column: what it holds and what it may hold.

    presence: "always" in every row, "ok" in every row whose outcome is ok, "optional" never demanded. Bounds are inclusive.
    A curve is stored rounded, to `decimals` digits after the point or to `significant` ones in all.
    """

    name: str
    kind: Kind
    presence: Presence
    description: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    decimals: int | None = None
    significant: int | None = None

    @property
    def rounding(self) -> str:
        """How values are rounded, in words; empty for those kept as they are."""
        if self.decimals is not None:
            return f"to a multiple of 1e-{self.decimals}"
        return f"to {self.significant} significant digits" if self.significant is not None else ""

    @property
    def allowed(self) -> str:
        """What a value must be, in words."""
        if self.kind == "text":
            return "text, not empty"
        noun = {"integer": "an integer", "number": "a number", "curve": "a list of numbers, one for each point of r_nm,"}[self.kind]
        bounds = []
        if self.low is not None:
            bounds.append(f"at least {self.low:g}")
        if self.high is not None:
            bounds.append(f"at most {self.high:g}")
        return " ".join([noun, " and ".join(bounds), "" if self.unit == "1" else self.unit]).replace("  ", " ").strip().rstrip(",")

    @property
    def field(self) -> pa.Field:
        """The Arrow field, with description, unit and range as metadata."""
        metadata = {"description": self.description, "unit": self.unit, "presence": self.presence, "allowed": self.allowed}
        return pa.field(self.name, _TYPES[self.kind], metadata=metadata)


COLUMNS: tuple[Column, ...] = (
    Column("run_id", "text", "always", "Name of the run, unique in the table."),
    Column(
        "parent",
        "text",
        "always",
        "Potential that the run's derives from: an inverted sample's or a synthetic one; training and test rows never share one.",
    ),
    Column("template", "text", "optional", "Molecule whose bonded parameters were drawn; null for others."),
    Column("liquid", "text", "optional", "Liquid the parent was simulated as; synthetic for a potential drawn from scratch."),
    Column("outcome", "text", "always", "How the run ended: ok, or the physical reason why it has no values."),
    Column("reason", "text", "optional", "A sentence about an outcome other than ok."),
    Column("mass_Da", "number", "ok", "Mass of one bead.", "Da", 0.1, 1e5),
    Column("temperature_K", "number", "ok", "Temperature the thermostat was set to.", "K", 1, 5000),
    Column("density_per_nm3", "number", "ok", "Number density of the beads.", "1/nm3", 1e-3, 1e3),
    Column("friction_per_ps", "number", "ok", "Langevin friction of the production run; 0 for a conservative run.", "1/ps", 0, 1e5),
    Column(
        "diffusion_nm2_per_ns",
        "number",
        "ok",
        "Self-diffusion coefficient from the slope of the mean squared displacement.",
        "nm2/ns",
        1e-7,
        1e5,
    ),
    Column("diffusion_error_nm2_per_ns", "number", "ok", "Standard error of the diffusion coefficient.", "nm2/ns", 0, 1e5),
    Column("pressure_bar", "number", "optional", "Mean virial pressure.", "bar", -1e6, 1e7),
    Column("pressure_error_bar", "number", "optional", "Standard error of the pressure.", "bar", 0, 1e6),
    Column("temperature_measured_K", "number", "optional", "Mean kinetic temperature.", "K", 1, 10000),
    Column("g", "curve", "ok", "Radial distribution function at r_nm (bin centres); null beyond half the box.", "1", 0, 100, decimals=5),
    Column("g_error", "curve", "optional", "Standard error of g at r_nm; null beyond half the box.", "1", 0, 100, significant=2),
    Column("u_kj_per_mol", "curve", "ok", "Pair potential at r_nm; zero at and beyond cutoff_nm.", "kJ/mol", -1e3, 1e12, significant=6),
    Column("cutoff_nm", "number", "ok", "Distance from which the potential is zero.", "nm", 0.1, 10),
    Column("beads", "integer", "optional", "Beads in the box.", "", 2, 1e9),
    Column("box_nm", "number", "optional", "Edge of the cubic box.", "nm", 0.1, 1e4),
    Column("timestep_fs", "number", "optional", "Time step.", "fs", 1e-3, 1e3),
    Column("production_ps", "number", "optional", "Length of the production run.", "ps", 0, 1e9),
    Column("sample_interval_ps", "number", "optional", "Time between recorded frames.", "ps", 0, 1e6),
    Column("scale", "number", "optional", "Factor on the parent potential.", "1", 0, 100),
    Column(
        "perturbation_kT",
        "number",
        "optional",
        "Amplitude (standard deviation) of the smooth random change of U.",
        "kT",
        0,
        100,
    ),
    Column("blend", "number", "optional", "Share of a random shape mixed into the parent potential.", "1", 0, 1),
    Column("density_factor", "number", "optional", "Density over that of the parent.", "1", 0.01, 100),
    Column("reduced_friction", "number", "optional", "Friction in reduced units, gamma sqrt(m/kT) rho^(-1/3).", "1", 0, 1e6),
    Column("seed", "integer", "optional", "Seed of the run's random numbers.", "", 0, 2**63 - 1),
    Column("engine", "text", "optional", "Program that ran the dynamics."),
    Column("wall_s", "number", "optional", "Wall-clock time of the run.", "s", 0, 1e9),
    Column("config_hash", "text", "optional", "Hash of the configuration keys that decide the row."),
    Column("versions", "text", "optional", "Software versions as a JSON object."),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}

CURVES: tuple[str, ...] = tuple(column.name for column in COLUMNS if column.kind == "curve")


def arrow_schema() -> pa.Schema:
    """The Arrow schema with each field's metadata, without the table's own."""
    return pa.schema([column.field for column in COLUMNS])


def describe() -> str:
    """The reference page of the format, in Markdown; docs/reference/database.md is this text."""
    presence = {"always": "every row", "ok": "rows with outcome ok", "optional": "where known"}
    lines = [
        "# The mobility database",
        "",
        f"A Parquet file, schema version {SCHEMA_VERSION}: one row for each coarse-grained run, failed runs too.",
        "`pandas.read_parquet(path)` reads it;",
        "`mobcg.database.store.read(path)` also gives the grid and the provenance, and checks both.",
        "",
        "Rows whose `outcome` is not `ok` keep what was planned and hold null where a value was to be measured.",
        "Ranges are those of plausible units: a value outside is taken for a mistake and the file is refused.",
        "",
        "| column | type | unit | filled in | allowed | meaning |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{c.name}` | {_TYPES[c.kind]} | {c.unit or '-'} | {presence[c.presence]} | {c.allowed} | {c.description} |".replace(
            "<item", "<element"
        )
        for c in COLUMNS
    ]
    lines += [
        "",
        "## Rounding",
        "",
        "Curves are stored in single precision and rounded, so that the file stays small:",
        "",
        *(f"- `{c.name}`: {c.rounding}" for c in COLUMNS if c.rounding),
        "",
        "That is far below what the runs can tell: where g is not zero its standard error is some 4e-3 and rarely below 5e-4, of which the",
        "rounding of g, at most 5e-6, is a thousandth; an error itself is hardly known within 10 %. All other columns are kept in full.",
        "Rounding a rounded curve changes nothing, so files can be merged and written again without loss.",
        "",
        "## Table metadata",
        "",
        "Stored under Parquet key-value metadata, each value as JSON.",
        "",
        "| key | content |",
        "|---|---|",
        "| `mobcg.schema_version` | the version above |",
        "| `mobcg.r_nm` | the grid of `g`, `g_error` and `u_kj_per_mol`: evenly spaced distances in nm, the centres of g's bins |",
        "| `mobcg.provenance` | a list with one object for each campaign merged into the file: seed, config_hash, versions |",
        "",
        "Each column's Arrow field carries its own description, unit, presence and allowed values.",
        "",
    ]
    return "\n".join(lines)
