"""The task that encodes a range of rows for COPY."""

from dataclasses import dataclass

from demijohn.sqlite_import.load.csv_encoder import CsvEncoder
from demijohn.sqlite_import.model.rejects import Rejects
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.workers.tasks import Put, RangeTask, RowBatch

CHUNK_BYTES = 256 << 10


@dataclass(frozen=True)
class EncodeRange(RangeTask):
    """Send rows as CSV for COPY; the result is the Rejects.

    After the first rejected value without a policy it sends no more rows, but encodes the rest to
    find all rejects. With `discard` it sends none at all.
    """

    discard: bool = False

    def run(self, source: Source, put: Put) -> Rejects:
        rejects = Rejects(self.policy)
        encoder = CsvEncoder(self.rows.mapping, rejects)
        sql = self.rows.query(source, [column.source.name for column in encoder.columns])
        texts: list[str] = []
        size = count = 0
        for batch in source.rows(sql, self.rows.mapping.row_bytes):
            pieces = encoder.encode(batch)
            if self.discard or rejects.is_fatal:
                continue
            count += len(batch)
            for text in pieces:
                texts.append(text)
                size += len(text)
                if size >= CHUNK_BYTES:
                    put(RowBatch("".join(texts).encode(), count))
                    texts = []
                    size = count = 0
        if size and not rejects.is_fatal:
            put(RowBatch("".join(texts).encode(), count))
        return rejects
