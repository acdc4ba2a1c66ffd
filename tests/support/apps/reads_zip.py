"""An app that reads from a zip file which it has opened while it was imported.

The position in the file is one for all processes that share it.
"""

import io
import tempfile
import zipfile

from flask import Flask

data = io.BytesIO()
with zipfile.ZipFile(data, "w") as archive:
    for entry in range(200):
        archive.writestr(str(entry), str(entry))
file = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the app
file.write(data.getvalue())
archive = zipfile.ZipFile(file)

app = Flask(__name__)


@app.get("/api/number/<number>")
def number(number: str) -> bytes:
    return archive.read(number)
