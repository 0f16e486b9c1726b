"""Small workbooks, made from rows: just enough of .ods and .xlsx for a reader to read them."""

import io
import zipfile
from datetime import date
from xml.sax.saxutils import escape, quoteattr

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"


def packed(parts, method=zipfile.ZIP_DEFLATED):
    """A zip archive of parts, as bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def ods(sheets, merged=None):
    """An .ods of sheets: rows by name. `merged`: by sheet, (row, column, rows, columns) of areas.

    Cells are None, text, numbers or dates; a text may hold line ends.
    """
    tables = "".join(
        _table(name, rows, (merged or {}).get(name, ())) for name, rows in sheets.items()
    )
    return packed(ods_parts(tables))


def ods_parts(tables, manifest=""):
    """The parts of an .ods whose tables are given as XML."""
    spaces = " ".join(f'xmlns:{x}="{_OFFICE}{x}:1.0"' for x in ("office", "table", "text"))
    return {
        "mimetype": ODS,
        "content.xml": f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f"{tables}</office:spreadsheet></office:body></office:document-content>",
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OFFICE}manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/>{manifest}'
        "</manifest:manifest>",
    }


def _table(name, rows, merged):
    covered = {
        (r + down, c + across)
        for r, c, height, width in merged
        for down in range(height)
        for across in range(width)
    }
    spans = {
        (r, c): f' table:number-rows-spanned="{h}" table:number-columns-spanned="{w}"'
        for r, c, h, w in merged
    }
    made = ""
    for r, row in enumerate(rows):
        cells = ""
        for c, value in enumerate(row):
            if (r, c) in covered and (r, c) not in spans:
                cells += "<table:covered-table-cell/>"
            else:
                cells += _ods_cell(value, spans.get((r, c), ""))
        made += f"<table:table-row>{cells}</table:table-row>"
    return f"<table:table table:name={quoteattr(name)}>{made}</table:table>"


def _ods_cell(value, span):
    if value is None:
        return f"<table:table-cell{span}/>"
    if isinstance(value, date):
        kind = f'date" office:date-value="{value.isoformat()}'
    elif isinstance(value, str):
        kind = "string"
    else:
        kind = f'float" office:value="{value}'
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
    return f'<table:table-cell{span} office:value-type="{kind}">{text}</table:table-cell>'


def xlsx(sheets, merged=None):
    """An .xlsx of sheets, with merged areas as for `ods`; dates as texts."""
    numbers = range(1, len(sheets) + 1)
    made = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}content-types"/>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/_rels/workbook.xml.rels": _relations(
            {f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_RELATED}"><sheets>'
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        + "</sheets></workbook>",
    }
    for n, (name, rows) in enumerate(sheets.items(), 1):
        areas = "".join(
            f'<mergeCell ref="{_at(r, c)}:{_at(r + h - 1, c + w - 1)}"/>'
            for r, c, h, w in (merged or {}).get(name, ())
        )
        data = "".join(
            f'<row r="{r + 1}">{"".join(_xlsx_cell(r, c, v) for c, v in enumerate(row))}</row>'
            for r, row in enumerate(rows)
        )
        areas = f"<mergeCells>{areas}</mergeCells>" if areas else ""
        made[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{_SHEET}"><sheetData>{data}</sheetData>{areas}</worksheet>'
        )
    return packed(made)


def _relations(targets):
    made = "".join(
        f'<Relationship Id="{key}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}relationships">{made}</Relationships>'


def _at(row, column):
    return f"{chr(ord('A') + column)}{row + 1}"


def _xlsx_cell(row, column, value):
    if value is None:
        return ""
    if isinstance(value, str | date):
        text = f"<is><t>{escape(str(value))}</t></is>"
        return f'<c r="{_at(row, column)}" t="inlineStr">{text}</c>'
    return f'<c r="{_at(row, column)}"><v>{value}</v></c>'
