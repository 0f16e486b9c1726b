"""Contracts are data files: a wrong one is named with what is wrong in it."""

import pyarrow as pa
import pytest

from openpeel.errors import DefinitionError
from openpeel.lake import read_contract

GOOD = """
table = "calls"
title = "Calls"
grain = "one row a call"
partition = "month"
key = "force_id"
[columns]
month = { type = "string", null = false, meaning = "month" }
force_id = { type = "string", null = false, meaning = "force" }
seconds = { type = "float", meaning = "to answer" }
"""


def test_a_contract_is_read(tmp_path):
    (tmp_path / "calls.toml").write_text(GOOD)
    contract = read_contract(tmp_path / "calls.toml")
    assert contract.schema.names == ["month", "force_id", "seconds"]
    assert contract.stored.names == ["force_id", "seconds"], "the partition is in the path"
    assert contract.schema.field("seconds").type == pa.float64()
    assert (contract.schema.field("seconds").nullable, contract.columns[0].null) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('table = "calls"', "", "lacks 'table'"),
        (', meaning = "to answer"', "", "lacks 'meaning'"),
        ('title = "Calls"', "title = ", "not valid TOML"),
        ('type = "float"', 'type = "money"', "'seconds' has type 'money'; use one of string"),
        ('partition = "month"', 'partition = "year"', "'year' is named but is no column"),
        ('key = "force_id"', 'key = "seconds"', "'seconds' cuts the table into slices"),
        ('key = "force_id"', 'key = "month"', "both the partition and the key"),
        ('table = "calls"', 'table = "quarantine"', "cannot name a table"),
        ('table = "calls"', 'table = "../calls"', "cannot name a table"),
        ("[columns]", "columns = 3\n[more]", "not the shape of a contract"),
    ],
)
def test_a_wrong_contract_is_refused(tmp_path, old, new, reason):
    assert old in GOOD
    (tmp_path / "calls.toml").write_text(GOOD.replace(old, new))
    with pytest.raises(DefinitionError, match=reason) as error:
        read_contract(tmp_path / "calls.toml")
    assert "calls.toml" in str(error.value)


def test_a_contract_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "calls.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DefinitionError, match="not valid TOML"):
        read_contract(tmp_path / "calls.toml")
