"""Encodings are found from marks, validity and alphabets, and said; what can't be read has a place."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.errors import DataError, MissingExtra
from baselines.tables.encodings import decoded, encoding_of
from baselines.tables.reading import Reading
from tests.cases.file_case import PUBLIC, columns, error_of, table_of

PATH = Path("f.csv")
SENTENCES: dict[str, list[str]] = {
    "cp1252": [
        "Le café est fermé à cause des élèves qui n’ont pas mangé; où êtes-vous? Ça coûte 3 €.",
        "Die Straße ist schön, aber die Häuser für übermüdete Gäste sind größer",
        "El niño mañana comió ¿qué pasó? ¡Según él, está bien!",
        "Não há informações sobre a situação; você é irmão dele",
        "Perché non è così? La città è più bella però",
        "Jag älskar när på gården står en höna",
        "Hvad gør du på søen? Blåbær og rødgrød med fløde",
        "Það er ekki gott að vera þreyttur í dag, segir Ólafur",
        "English with naïve café and Ångström, señor, São Paulo and Zoë — “quoted”",
        "only the price, £5, and three dots…",
        "GROSSE ÜBERRASCHUNG: ÄRGER MIT ÖL",
    ],
    "cp1250": [
        "Zażółć gęślą jaźń, proszę państwa, łódź świeci się",
        "Příliš žluťoučký kůň úpěl ďábelské ódy, které byly složité a těžké",
        "Árvíztűrő tükörfúrógép és őszi szőlő jó minőségű",
        "Čovjek želi šljivu i đak će doći, možda više",
        "Şi în această ţară oamenii ştiu că viaţa este frumoasă",
    ],
    "iso8859-2": ["Zażółć gęślą jaźń, proszę państwa, łódź świeci się wąż"],
    "cp1254": ["Bugün hava çok güzel, şehirde yağmur yağmıyor ve ışıklar açık. İyi günler değil mi"],
    "cp1257": ["Šodien ir ļoti labs laiks, mēs ejam uz veikalu pēc ķiršiem un ģimene"],
    "mac_roman": ["Le café est fermé à cause des élèves qui n’ont pas mangé; où êtes-vous?"],
    "cp850": ["Die Straße ist schön, für übermüdete Gäste"],
    "cp1251": ["Сегодня хорошая погода, и мы идём в магазин за хлебом. Привет, мир! Мне очень понравилось"],
    "koi8_r": ["Сегодня хорошая погода, и мы идём в магазин за хлебом. Привет, мир! Мне очень понравилось"],
    "cp1253": ["Σήμερα ο καιρός είναι πολύ καλός και πάμε στο κατάστημα για ψωμί"],
    "cp1255": ["היום מזג האוויר טוב מאוד ואנחנו הולכים לחנות לקנות לחם"],
    "cp1256": ["الطقس جميل جدا اليوم ونحن ذاهبون إلى المتجر لشراء الخبز"],
    "gb18030": ["词汇阅读是关键，今天天气很好，我们去商店买面包。中国人民公安大学硕士研究生目录及书目"],
    "big5": ["今天天氣很好，我們去商店買麵包。這個產品的品質非常好，我很喜歡"],
    "cp932": ["今日はとても天気がいいので、パンを買いに店へ行きます。この製品はとても良いです"],
    "euc_jp": ["今日はとても天気がいいので、パンを買いに店へ行きます。この製品はとても良いです"],
    "cp949": ["오늘은 날씨가 매우 좋아서 빵을 사러 가게에 갑니다. 이 제품은 정말 좋습니다"],
    "cp874": ["วันนี้อากาศดีมาก เราจะไปร้านเพื่อซื้อขนมปัง สินค้านี้ดีมาก"],
}


@pytest.mark.parametrize("times", [1, 20])
@pytest.mark.parametrize(("encoding", "sentence"), [(name, s) for name, own in SENTENCES.items() for s in own])
def test_each_language_in_its_encoding(encoding: str, sentence: str, times: int) -> None:
    text = "text,label\n" + f"{sentence},a\nplain words,b\n" * times
    content = text.encode(encoding)
    name, note = encoding_of(content, PATH, Reading(), whole=True)
    assert content.decode(name) == text, (name, note)
    assert note.startswith(f"f.csv: read as {name}, ")
    assert note.endswith("--encoding says otherwise")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
@pytest.mark.parametrize("sentence", ["café, Zoë", "今日はとても天気がいい\n", "plain words only", "Привет, мир"])
def test_unicode_with_and_without_a_mark(encoding: str, sentence: str) -> None:
    text = f"text,label\n{sentence},a\n"
    assert decoded(text.encode(encoding), PATH, Reading())[0] == text


def test_both_orders_of_bytes_have_marks() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\0\0\xfe\xff", "utf-32-be")):
        assert decoded(mark + "é,a\n".encode(encoding), PATH, Reading())[0] == "é,a\n"


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_marked_and_valid_texts_are_never_guessed(text: str, encoding: str) -> None:
    text = text.removeprefix("\ufeff").replace("\0", "")
    text = f"a{text}"  # a text that looks packed is refused
    assert decoded(text.encode(encoding), PATH, Reading())[0] == text


def test_a_head_may_end_within_a_character() -> None:
    content = ("é" * 100).encode()
    assert encoding_of(content[:-1], PATH, Reading()) == ("utf-8", "")
    assert encoding_of(content[:-1], PATH, Reading(), whole=True)[0] != "utf-8"


def test_a_zero_byte_makes_no_utf_16() -> None:
    assert decoded(b"text,label\na\0b,x\n", PATH, Reading())[0] == "text,label\na\0b,x\n"


def test_bytes_that_cp1252_lacks_are_latin_1() -> None:
    name, _ = encoding_of("un café \x81 là-bas, été".encode("latin-1"), PATH, Reading(), whole=True)
    assert name == "latin-1"


def test_the_user_knows_better(tmp_path: Path) -> None:
    content = "text,label\nПривет,a\n".encode("koi8-r")
    table = table_of(tmp_path, "f.csv", content, encoding="koi8-r")
    assert (columns(table)["text"], table.notes) == (["Привет"], ())
    marked = table_of(tmp_path, "f.csv", "text,label\né,a\n".encode("utf-8-sig"), encoding="utf8")
    assert list(marked.columns) == ["text", "label"]


@pytest.mark.parametrize("name", ["nope", "rot13", "hex", ""])
def test_an_unknown_encoding_is_named(name: str, tmp_path: Path) -> None:
    assert f"no text encoding {name!r}" in error_of(tmp_path, "f.csv", "text\nx\n", encoding=name)


def test_an_undecodable_byte_has_row_and_column(tmp_path: Path) -> None:
    content = 'text,label\n"two\nlines",a\nok,caf\xe9\n'.encode("latin-1")
    said = error_of(tmp_path, "f.csv", content, encoding="utf-8")
    assert "row 3, column 'label': byte 0xe9 at offset 31 is no utf-8" in said
    assert "--encoding" in said


def test_an_undecodable_byte_elsewhere_has_its_line(tmp_path: Path) -> None:
    content = '{"text": "a"}\n{"text": "caf\xe9"}\n'.encode("latin-1")
    assert "line 2: byte 0xe9 at offset 27" in error_of(tmp_path, "f.jsonl", content, encoding="utf-8")
    assert "byte 0x81 at offset 13" in error_of(tmp_path, "f.csv", b"text,label\nx,\x81\n", encoding="cp1252")


@pytest.mark.parametrize(
    ("magic", "kind"),
    [(b"\x1f\x8b\x08\0", ".gz"), (b"PK\x03\x04", ".xlsx"), (b"PAR1", ".parquet"), (b"%PDF-1.7", "PDF")],
)
def test_what_is_no_text_is_named(magic: bytes, kind: str, tmp_path: Path) -> None:
    assert kind in error_of(tmp_path, "f.csv", magic + b"\0\x9f" * 50)


def test_other_scripts_need_charset_normalizer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    assert encoding_of("été".encode("cp1252"), PATH, Reading())[0] == "cp1252"
    with pytest.raises(MissingExtra, match=r"--encoding.*pip install 'tagpress\[data\]'"):
        encoding_of("Привет, как дела".encode("cp1251"), PATH, Reading())


@pytest.mark.skipif(not PUBLIC.is_dir(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize("name", ["trec/train.txt", "subj/all.txt"])
def test_published_files_are_western(name: str) -> None:
    assert encoding_of((PUBLIC / name).read_bytes(), PATH, Reading(), whole=True)[0] == "cp1252"


def test_a_refusal_is_no_traceback() -> None:
    with pytest.raises(DataError, match="line 1: byte 0xff"):
        decoded(b"\xff", PATH, Reading(encoding="utf-8"))
