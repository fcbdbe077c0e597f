"""The bytes of a feed to text, whatever they say they are.

Feeds lie about their encoding, servers more so. What decodes as UTF-8 with any character beyond ASCII is
UTF-8: other encodings almost never do by chance. Otherwise the server's word is tried, then the document's,
each read as browsers read it (a page that says EUC-KR is CP949, one that says Latin-1 is Windows-1252).
"""

from __future__ import annotations

import codecs
import re
import zlib
from email.message import Message

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
}
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def text_of(body: bytes, content_type: str = "") -> str:
    """The document as text, without its XML declaration and without characters that XML forbids."""
    text = _decoded(body, content_type).removeprefix("\ufeff")
    return _DECLARATION.sub("", _NOT_XML.sub("", text), count=1).strip()


def unpacked(body: bytes, max_bytes: int) -> bytes:
    """`body`, decompressed if it is itself a gzip file (as feeds named .xml.gz are).

    Raises:
        ValueError: it is damaged, cut short, or unpacks to more than `max_bytes`.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    inflate = zlib.decompressobj(wbits=31)
    try:
        data = inflate.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise ValueError("is a damaged gzip file") from error
    if len(data) > max_bytes:
        raise ValueError(f"unpacks to more than {max_bytes:,} bytes")
    if not inflate.eof:
        raise ValueError("is a gzip file that was cut short")
    return data


def _decoded(body: bytes, content_type: str) -> str:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body.decode(name, "replace")
    if body.startswith((b"<\x00", b"\x00<")):
        return body.decode("utf-16-le" if body[0] else "utf-16-be", "replace")
    declared = _DECLARED.search(body[:1_000])
    names = [_codec(_charset(content_type)), _codec(declared[1].decode() if declared else "")]
    if not body.isascii():
        names.insert(0, "utf-8")
    known = [name for name in names if name]
    for name in known:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return _best_guess(body, known)


def _best_guess(body: bytes, names: list[str]) -> str:
    """Nothing decodes without loss: what was declared, else UTF-8 unless most of it would be lost."""
    declared = [name for name in names if name != "utf-8"]
    if declared:
        return body.decode(declared[-1], "replace")
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    kept = sum(not character.isascii() for character in text) - lost
    return body.decode("cp1252", "replace") if lost > kept else text


def _codec(label: str) -> str:
    """The codec of a label, widened as browsers do; empty for a label that names no text encoding."""
    try:
        found = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return ""
    # Python also knows codecs such as hex and zlib, which are no encodings of text.
    return _WIDER.get(found.name, found.name) if getattr(found, "_is_text_encoding", True) else ""


def _charset(content_type: str) -> str:
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset", "")
    return charset if isinstance(charset, str) else ""
