"""Clusters that are refused before anything is sent, each with the reason; and the options that ask for one."""

from __future__ import annotations

import builtins
import socket
import sys
from argparse import ArgumentParser
from types import SimpleNamespace
from typing import Any

import pytest

from baselines.cluster import connect
from baselines.cluster.connect import connected
from baselines.cluster.engines import Engine, engine_of
from baselines.cluster.nodes import check_nodes, misfit
from baselines.cluster.options import add_engine_options
from baselines.errors import ClusterError, MissingExtra

OURS = {"python": "3.11", "version": "1.0", "sources": "a"}


@pytest.fixture
def silent_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def without(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def no(name: str, *given: Any, **named: Any) -> Any:
        if name.split(".")[0] == names:
            raise ImportError(name)
        return found(name, *given, **named)

    monkeypatch.delitem(sys.modules, names, raising=False)
    monkeypatch.setattr(builtins, "__import__", no)


def test_ray_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    without("ray", monkeypatch)
    with pytest.raises(MissingExtra, match=r"pip install 'tagpress\[ray\]'"), connected(Engine("ray")):
        pass


def test_an_address_needs_grpc(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    without("grpc", monkeypatch)
    with pytest.raises(MissingExtra, match="pip install grpcio"), connected(engine_of("ray://127.0.0.1:1")):
        pass


@pytest.mark.parametrize("named", ["option", "variable"])
def test_an_address_where_nobody_answers_is_refused_soon(
    named: str, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")
    monkeypatch.setitem(sys.modules, "grpc", SimpleNamespace())
    address = f"127.0.0.1:{silent_port}"
    engine = engine_of(f"ray://{address}")
    if named == "variable":
        monkeypatch.setenv("RAY_ADDRESS", address)
        engine = Engine("ray")
    with pytest.raises(ClusterError, match=f"no cluster answers at {address} within 5 s"), connected(engine):
        pass


def test_a_note_of_a_cluster_that_has_ended_is_passed_over(
    silent_port: int, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert connect._address_of(Engine("ray")) == ""
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{silent_port}\n")
    assert connect._address_of(Engine("ray")) == ""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"127.0.0.1:{port}")
        assert connect._address_of(Engine("ray")) == connect.AUTO


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (OURS, ""),
        ({**OURS, "python": "3.13"}, "Python 3.13"),
        ({**OURS, "version": ""}, "no tagpress"),
        ({**OURS, "version": "2.0", "sources": "b"}, "tagpress 2.0"),
        ({**OURS, "sources": "b"}, "other sources of the same version"),
        ({}, "Python None"),
    ],
)
def test_what_a_node_has_in_place_of_what_is_needed(theirs: dict[str, str], said: str) -> None:
    assert misfit(OURS, theirs) == said


def cluster(answers: dict[str, Any]) -> Any:
    """A stand-in for Ray whose nodes answer so."""
    asked = iter(sorted(answers))

    def get(host: str, timeout: float) -> Any:
        if isinstance(answers[host], Exception):
            raise answers[host]
        return answers[host]

    return SimpleNamespace(
        nodes=lambda: [
            {"Alive": True, "NodeID": host, "NodeManagerHostname": host, "Resources": {"CPU": 1.0}} for host in answers
        ],
        remote=lambda ask: SimpleNamespace(options=lambda **kept: SimpleNamespace(remote=lambda: next(asked))),
        util=SimpleNamespace(
            scheduling_strategies=SimpleNamespace(NodeAffinitySchedulingStrategy=lambda node, soft: node)
        ),
        get=get,
    )


def test_every_node_that_does_not_fit_is_named() -> None:
    with pytest.raises(ClusterError) as raised:
        check_nodes(cluster({"a": {"python": "2.7"}, "b": TimeoutError()}), "ray")
    assert "a has Python 2.7; b didn't answer (TimeoutError). All nodes need" in str(raised.value)


def test_a_cluster_without_processors_is_refused() -> None:
    with pytest.raises(ClusterError, match="no node of the cluster offers a processor"):
        check_nodes(cluster({}), "ray")


def test_options_are_read_strictly(capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    add_engine_options(parser)
    assert vars(parser.parse_args([])) == {"engine": "local", "store": None}
    given = parser.parse_args(["--engine", "ray://10.0.0.5:10001", "--store", "s3://bucket/a/"])
    assert (given.engine, given.store) == ("ray://10.0.0.5:10001", "s3://bucket/a")
    for wrong in (["--engine", "spark"], ["--store", "folder"], ["--store", "://x"], ["--store", "s3:///"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
        assert "such as" in capsys.readouterr().err
