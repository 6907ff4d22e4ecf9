"""Makes text that came from a host harmless on a screen: process names are chosen by whoever runs the process."""

import unicodedata

# Cc: C0, DEL, C1 (ESC, CSI). Cf: bidi overrides, zero-width, tags. Cs: lone surrogates. Zl, Zp: line breaks.
_NEVER_RAW = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def safe(text: str) -> str:
    """One line without control, format and surrogate characters; each shows as \\xNN, \\uNNNN or \\UNNNNNNNN.

    >>> safe("a\\x1b[2Jb")
    'a\\\\x1b[2Jb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) if unicodedata.category(char) in _NEVER_RAW else char for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
