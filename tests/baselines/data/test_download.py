"""A pinned file is downloaded once, checked, and never kept when it is wrong."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from baselines.data import download
from baselines.data.sources import DataOptions, load
from baselines.errors import DownloadError


def pinned(folder: Path, content: bytes, sha256: str | None = None) -> download.PinnedFile:
    path = folder / "published.json"
    path.write_bytes(content)
    return download.PinnedFile("published.json", path.as_uri(), sha256 or download.hashlib.sha256(content).hexdigest())


def test_a_download_is_cached_and_a_damaged_copy_replaced(tmp_path: Path) -> None:
    file = pinned(tmp_path, b"content")
    cache = tmp_path / "cache"
    assert download.fetch_pinned(file, cache) == b"content"
    (tmp_path / "published.json").unlink()
    assert download.fetch_pinned(file, cache) == b"content"
    (cache / "published.json").write_bytes(b"cont")
    pinned(tmp_path, b"content")
    assert download.fetch_pinned(file, cache) == b"content"
    assert [path.name for path in cache.iterdir()] == ["published.json"]


def test_a_wrong_checksum_leaves_nothing(tmp_path: Path) -> None:
    file = pinned(tmp_path, b"content", sha256="0" * 64)
    with pytest.raises(DownloadError, match=r"sha256 0000.* expected, got"):
        download.fetch_pinned(file, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    with pytest.raises(DownloadError, match="sha256"):
        download.read_pinned(file, tmp_path)


def test_no_network_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DownloadError, match=r"no route to host.*--data-dir.*--dataset sample"):
        load(DataOptions("madewithml"))
    with pytest.raises(DownloadError, match=r"tags\.json: no such file; --data-dir"):
        load(DataOptions("madewithml", data_dir=tmp_path))
