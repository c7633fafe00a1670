from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.provider.experimental.property_value import PropertyValue

from plugins.kubernetes import secrecy
from plugins.kubernetes.kubectl import without_secrets
from plugins.properties import Properties, property_map


def secret(value: Any) -> PropertyValue:
    return property_map({"x": value}, frozenset({"x"}))["x"]


def properties(**values: Any) -> Properties:
    return property_map(values, frozenset())


def marks(value: PropertyValue, path: str = "") -> list[str]:
    if value.is_secret:
        return [path]
    inner = value.value
    if isinstance(inner, Mapping):
        return [mark for key, one in inner.items() for mark in marks(one, f"{path}.{key}")]
    return []


def test_only_what_was_given_as_a_secret_is_one() -> None:
    spec = {"labels": PropertyValue({"a": secret("x")}), "other": PropertyValue("y")}
    found = properties(spec={"labels": {"a": "x"}, "other": "y", "more": 1}, status={"a": 1})
    marked = secrecy.marked(found, {"spec": PropertyValue(spec)})
    assert marks(PropertyValue(marked)) == [".spec.labels.a"]


def test_a_list_that_differs_is_secret_as_a_whole_when_a_secret_was_in_it() -> None:
    given = {"list": PropertyValue([PropertyValue("a"), PropertyValue({"b": secret("x")})])}
    marked = secrecy.marked(properties(list=[{"b": "x", "default": 1}, "a"]), given)
    assert marked["list"].is_secret
    assert not secrecy.marked(properties(list=[1]), properties(list=[2]))["list"].is_secret


def test_in_the_same_list_only_what_was_given_as_a_secret_is_one() -> None:
    given = {"list": PropertyValue([PropertyValue("open"), PropertyValue({"b": secret("x")})])}
    marked = secrecy.marked(properties(list=["open", {"b": "x"}]), given)
    assert list(secrecy.texts(marked)) == ["x"]
    assert secrecy.marked(properties(list=["x"]), {"list": secret(["x"])})["list"].is_secret


def test_the_data_of_a_secret_is_always_secret() -> None:
    found = properties(kind="Secret", data={"a": "eA=="}, stringData={"a": "x"}, type="Opaque")
    assert marks(PropertyValue(secrecy.marked(found, {}))) == [".data", ".stringData"]
    assert marks(PropertyValue(secrecy.marked(properties(kind="ConfigMap", data={}), {}))) == []


def test_secret_texts_are_found_wherever_they_are() -> None:
    given = {
        "a": secret({"b": ["one", {"c": "two"}]}),
        "d": PropertyValue([PropertyValue({"e": secret("three")}), PropertyValue("open")]),
    }
    assert sorted(secrecy.texts(given)) == ["one", "three", "two"]


def test_the_data_of_a_secret_is_secret_in_clear_too() -> None:
    given = {"kind": PropertyValue("Secret"), "data": secret({"a": "aHVudGVyMjI=", "b": "%"})}
    assert sorted(secrecy.texts(given)) == ["%", "aHVudGVyMjI=", "hunter22"]


@pytest.mark.parametrize(
    "said", ["is hunter22\nx", "is aHVudGVyMjIKeA==", 'is "hunter22\\nx"', "is hunter22\nx-more"]
)
def test_no_message_repeats_a_secret_in_any_form(said: str) -> None:
    told = without_secrets(said, ["hunter22\nx", "abc"])
    assert "hunter" not in told
    assert "aHVu" not in told
    assert "[secret]" in told
