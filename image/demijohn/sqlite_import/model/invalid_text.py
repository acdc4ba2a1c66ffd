"""SQLite texts that are not valid Unicode. They are kept as bytes."""


class InvalidText(bytes):
    """A text whose bytes are not valid UTF-8."""


class HalfSurrogateText(InvalidText):
    """A text of a UTF-16 file with half of a surrogate pair, which is escaped: \\ud83d."""
