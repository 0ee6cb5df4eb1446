"""A Segue server on a free port, ended by its own process id."""

import os
import re
import subprocess
import tempfile
import threading


class Server:
    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        store = os.path.join(self.directory.name, "test.db")
        self.process = subprocess.Popen(
            [os.environ["SEGUE_BIN"], "server", "--port", "0", "--store", store],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        found = (re.search(r"segue serves (http\S+)", line) for line in self.process.stderr)
        self.url = next(match.group(1) for match in found if match) + "/api"
        # A full pipe would block the server.
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.reader.join(30)
        self.process.stderr.close()
        self.directory.cleanup()
