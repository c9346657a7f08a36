"""The framework module of the image, as AWS's own images have one: script mode, with the script's error in the reason.

The toolkit can capture errors itself, but it then reads both streams in chunks and prints every chunk as a line of its own,
which tears the lines that metrics are read from. Here both streams reach the log as they are, and a copy of stderr is kept.
"""

import collections
import os
import re
import threading

from sagemaker_training import entry_point, environment, errors

KEPT_LINES = 200
ERROR_LINE = re.compile(r"^(ERROR: |[A-Za-z_][\w.]*(Error|Exception|Exit|Interrupt|Warning|Failure)(:|$)|[a-z_]\w*(\.\w+)+: )")


class StderrCopy:
    """Keeps the last lines of what this process and its children write to stderr while it lasts."""

    def __enter__(self):
        self.lines = collections.deque(maxlen=KEPT_LINES)
        self.real = os.dup(2)
        read_end, write_end = os.pipe()
        os.dup2(write_end, 2)
        os.close(write_end)
        self.thread = threading.Thread(target=self._copy, args=(read_end,), daemon=True)
        self.thread.start()
        return self

    def _copy(self, read_end):
        rest = b""
        while chunk := os.read(read_end, 65536):
            os.write(self.real, chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            self.lines.extend(lines)
        self.lines.append(rest)

    def __exit__(self, *_):
        os.dup2(self.real, 2)
        self.thread.join(timeout=2)  # a process that the script left behind may hold the other end for ever

    def error(self):
        """From the last line that names an exception to the end, else the last lines there are."""
        lines = [line.decode("utf-8", "replace").rstrip() for line in self.lines]
        starts = [index for index, line in enumerate(lines) if ERROR_LINE.match(line)]
        return "\n".join(lines[starts[-1] :] if starts else lines[-10:]).strip()


def main():
    env = environment.Environment()
    copy = StderrCopy()
    try:
        with copy:
            entry_point.run(
                uri=env.module_dir, user_entry_point=env.user_entry_point, args=env.to_cmd_args(), env_vars=env.to_env_vars()
            )
    except (errors.ExecuteUserScriptError, errors.InstallRequirementsError, errors.InstallModuleError) as error:
        error.output = copy.error()
        raise
