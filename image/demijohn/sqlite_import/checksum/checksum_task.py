"""The task that computes the checksum of a range of rows."""

from dataclasses import dataclass

from demijohn.sqlite_import.checksum.source_checksum import EMPTY, RowCanonicalizer, TableChecksum
from demijohn.sqlite_import.source.database import Source
from demijohn.sqlite_import.workers.tasks import Put, RangeTask, RowBatch


@dataclass(frozen=True)
class ChecksumRange(RangeTask):
    """The TableChecksum of the rows. After each batch it sends how many rows it has read."""

    def run(self, source: Source, put: Put) -> TableChecksum:
        mapping = self.rows.mapping
        canonicalizer = RowCanonicalizer(mapping, self.policy)
        names = [column.source.name for column in mapping.columns]
        total = EMPTY
        for batch in source.rows(self.rows.query(source, names), mapping.row_bytes):
            total += canonicalizer.checksum(batch)
            put(RowBatch(b"", len(batch)))
        return total
