from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from jsonschema import Draft7Validator

from tests.servers.replay import replay, routes


CHECKOUT = Path(__file__).parents[2]
SCHEMA = json.loads((CHECKOUT / "schemas" / "detect-local.schema.json").read_text())
POLICY = """
apiVersion: tactician/v1
kind: RoutingPolicy
spec:
  providers:
    box: {{quotaSource: unlimited, tier: local, local: {{type: vllm, endpoint: "{url}/v1"}}}}
"""


def run(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", "detect-local", *args],
        cwd=folder,
        env={"PYTHONPATH": str(CHECKOUT), "HOME": str(folder), "PATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_endpoint_of_the_policy_is_found_and_told_in_the_published_shape(tmp_path: Path) -> None:
    with replay(routes("vllm")) as served:
        (tmp_path / "home.yaml").write_text(POLICY.format(url=served.url))
        done = run(tmp_path, "--policy", "home.yaml", "--json")
    told = json.loads(done.stdout)
    (server,) = [server for server in told["servers"] if server["url"] == served.url]

    assert (0, []) == (done.returncode, list(Draft7Validator(SCHEMA).iter_errors(told)))
    assert ("vllm", ["box"], "ready") == (server["kind"], server["providers"], server["state"])
    assert None is server["models"][0]["quantization"]
    assert "looking for model servers at 17 addresses\n" == done.stderr


def test_without_a_policy_it_looks_on_loopback(tmp_path: Path) -> None:
    done = run(tmp_path, "--json")

    looked = [one["url"] for one in json.loads(done.stdout)["lookedAt"]]
    assert 16 == len(looked)
    assert all(url.startswith(("http://127.0.0.1:", "http://[::1]:")) for url in looked)


def test_a_named_policy_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = run(tmp_path, "--policy", "nowhere.yaml")

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("error: ")
