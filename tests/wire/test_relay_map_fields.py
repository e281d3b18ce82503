"""The field tables name every field of the model, and the model every field of the tables."""

from __future__ import annotations

from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.wire.relay_map_fields import HOME_FIELDS, MAP_FIELDS, NODE_FIELDS, REGION_FIELDS, by_written_name


def test_tables_and_model_agree() -> None:
    assert {field.attribute for field in NODE_FIELDS} == set(RelayNode.__struct_fields__)
    assert {field.attribute for field in REGION_FIELDS} == set(RelayRegion.__struct_fields__)


def test_names_are_found_in_both_spellings() -> None:
    table = by_written_name(NODE_FIELDS)
    assert table["STUNPort"] is table["stunport"]
    assert len(table) == 2 * len(NODE_FIELDS)


def test_no_two_fields_of_a_table_differ_in_case_only() -> None:
    for fields in (MAP_FIELDS, HOME_FIELDS, REGION_FIELDS, NODE_FIELDS):
        assert len({field.name.lower() for field in fields}) == len(fields)
