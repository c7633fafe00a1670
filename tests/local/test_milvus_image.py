"""The configuration that the Milvus image is made with."""

import pytest
import yaml

from local.errors import Refusal
from local.milvus_image import filled

TEMPLATE = """\
etcd:
  endpoints: localhost:{{ etcd_port(int): 2379 }}
  use:
    embed: true # in-process
  data:
    dir: {{ etcd_data_dir }}
log:
  file:
    rootPath: {{ system_log_path }} # no file by default
common:
  storageType: local
  security:
    authorizationEnabled: {{ authorization_enabled(bool): false }}
"""


def test_every_hole_of_the_template_is_filled() -> None:
    config = yaml.safe_load(filled(TEMPLATE))
    assert config["etcd"]["endpoints"] == "localhost:2379"
    assert config["etcd"]["data"]["dir"].startswith("/var/lib/milvus/")
    assert config["common"]["security"]["authorizationEnabled"] is False


def test_milvus_logs_to_its_output_alone() -> None:
    assert yaml.safe_load(filled(TEMPLATE))["log"]["file"]["rootPath"] == ""


def test_etcd_and_store_are_outside_unless_the_chart_says_otherwise() -> None:
    config = yaml.safe_load(filled(TEMPLATE))
    assert config["etcd"]["use"]["embed"] is False
    assert config["common"]["storageType"] == "remote"


@pytest.mark.parametrize(
    ("template", "named"),
    [
        (TEMPLATE + "new: {{ new_hole }}\n", "new_hole"),
        (TEMPLATE.replace("embed: true", "embedded: true"), "embed: true"),
    ],
)
def test_a_template_of_another_version_is_refused_by_what_changed(
    template: str, named: str
) -> None:
    with pytest.raises(Refusal, match=named):
        filled(template)
