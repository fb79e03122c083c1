"""What a user says about one source of feedback. Everything but the place can be left to be found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from voicemine.settings import Settings

Format = Literal["auto", "csv", "tsv", "jsonl", "json", "parquet", "excel"]
ScoreKind = Literal["auto", "nps", "stars5", "csat5", "csat7", "ces7", "percent", "other"]
DateOrder = Literal["auto", "ymd", "dmy", "mdy"]

#: Default limits in bytes: of one line or record, and of one file when unpacked.
MAX_RECORD = 8 * 2**20
MAX_FILE = 4 * 2**30


class SourceSettings(Settings):
    """One source: where it is, how it is written, and which column holds what.

    A column setting of null is guessed from names and content (the guess is reported); an empty string
    says that there is no such column. Column names are matched exactly, then without regard to case.
    """

    name: str = ""
    """Name of the source in every table; empty: taken from the file's name."""
    path: str = ""
    """A file, a glob such as `in/*.csv`, a folder, or `-` for JSON lines on standard input."""
    connection: str = ""
    """Database to query instead of a path: a SQLite file, `sqlite:///file`, or an SQLAlchemy URL.
    `$NAME` and `${NAME}` are filled from the environment, so that no password need stand here."""
    query: str = ""
    """The SQL query that gives the rows, where `connection` is set."""
    format: Format = "auto"
    """How the files are written; auto: by file name, then by content."""
    encoding: str = "auto"
    """Text encoding such as utf-8 or cp1252; auto: UTF-8 where it fits, else detected."""
    delimiter: str = "auto"
    """What separates fields in delimited text: one character, or auto."""
    sheet: str = ""
    """Sheet of an Excel file; empty: the first sheet with rows."""
    text_columns: tuple[str, ...] = ()
    """Columns with the customer's words; several make one item each. Empty: guessed."""
    title_column: str | None = None
    """Column with a title or subject, put in front of the text (with one text column only)."""
    id_column: str | None = None
    """Column with a unique id; without one, ids are derived from the content."""
    time_column: str | None = None
    """Column with the time of writing."""
    score_column: str | None = None
    """Column with a score such as NPS or stars."""
    scale_column: str | None = None
    """Column with the highest possible score of each row, where scales are mixed."""
    author_column: str | None = None
    """Column that tells who wrote it; it is hashed before anything is stored."""
    channel_column: str | None = None
    """Column with the channel."""
    question_column: str | None = None
    """Column with the question that was answered (long-format surveys)."""
    speaker_column: str | None = None
    """Column that tells customer from agent where both sides of a talk are in the file."""
    attribute_columns: tuple[str, ...] | Literal["auto"] = "auto"
    """Columns kept as `attr_*`; auto: those with few different values, at most 20."""
    channel: str = ""
    """Channel of all rows where no column tells it; empty: survey, review, ticket or social, as the
    columns suggest."""
    score_kind: ScoreKind = "auto"
    """Scale of the score; auto: by column name and range."""
    score_range: tuple[float, float] | None = None
    """Lowest and highest possible score; null: by kind. Scores outside are dropped and counted."""
    date_order: DateOrder = "auto"
    """Order in dates such as 03/04/2025; auto: decided by the whole column."""
    time_zone: str = "UTC"
    """Time zone of times that state none, such as Europe/Berlin."""
    filter: tuple[str, ...] = ()
    """Conditions that a row must meet, each `column==value` or `column!=value`; others are rejected."""
    id_prefix: str | None = None
    """Put in front of each given id; null: none, or the source's name where two sources share ids."""
    mode: Literal["snapshot", "append"] = "snapshot"
    """snapshot: a row that is absent next time was deleted; append: its absence means nothing, and its item stays
    in the tables, as it was cleaned when it was last there."""
    lock: bool = False
    """Hold to the columns, date order and encoding that the first run in an out folder found; what no longer fits
    is then an error, not another guess."""
    allow_empty: bool = False
    """Take a source without rows as nothing new instead of as an error."""
    max_record_bytes: int = Field(default=MAX_RECORD, ge=1024)
    """Longest line or record; longer ones are rejected."""
    max_file_bytes: int = Field(default=MAX_FILE, ge=1024)
    """Largest file after unpacking; a larger one is an error."""

    @model_validator(mode="after")
    def _one_place(self) -> SourceSettings:
        if bool(self.path) == bool(self.connection):
            raise ValueError("give either path or connection")
        if bool(self.connection) != bool(self.query):
            raise ValueError("connection and query go together")
        if self.delimiter != "auto" and len(self.delimiter) != 1:
            raise ValueError("delimiter must be one character, or auto")
        if self.score_range is not None and self.score_range[0] >= self.score_range[1]:
            raise ValueError("score_range needs the lower end first")
        for condition in self.filter:
            if "==" not in condition and "!=" not in condition:
                raise ValueError(f"filter '{condition}' is not column==value or column!=value")
        return self
