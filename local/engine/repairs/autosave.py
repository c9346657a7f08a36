"""Saves the state every few seconds: the engine does so only when it is asked to end, so that a crash would lose every stack.

A forked child holds one consistent snapshot and writes the files that changed, while the engine goes on.
"""

import json
import os
import signal
import sys
import threading
import time

from hooks import find
from ministack import app
from ministack.core import persistence

EVERY_SECONDS = 5
CHILD_SECONDS = 60


def _write(name, state):
    document = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
    text = json.dumps(document, default=persistence._json_default).encode()
    path = os.path.join(persistence.STATE_DIR, f"{name}.json")
    try:
        with open(path, "rb") as kept:
            if kept.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(f"{path}.autosave", "wb") as draft:
        draft.write(text)
        draft.flush()
        os.fsync(draft.fileno())
    os.replace(f"{path}.autosave", path)


def save():
    for name, state_of in app._build_persistence_save_dict().items():
        state = state_of()
        if state is not None:
            _write(name, state)


def _child():
    code = 1
    try:
        # A lock that another thread held at the fork is never given back in here: the alarm ends such a child.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(CHILD_SECONDS)
        os.nice(10)
        save()
        code = 0
    except BaseException as error:
        os.write(2, f"autosave: {error!r}\n".encode())
    finally:
        os._exit(code)


def _loop():
    while True:
        time.sleep(EVERY_SECONDS)
        child = os.fork()
        if child == 0:
            _child()
        os.waitpid(child, 0)


def apply():
    find(app, "_build_persistence_save_dict")
    for name in ("_state_format_version", "_json_default", "STATE_DIR"):
        find(persistence, name)
    if not find(persistence, "PERSIST_STATE"):
        return
    os.makedirs(persistence.STATE_DIR, exist_ok=True)
    # A fork in a process with threads is what Python warns about; the child only reads and writes files.
    sys.warnoptions.append("ignore::DeprecationWarning")
    threading.Thread(target=_loop, daemon=True, name="autosave").start()
