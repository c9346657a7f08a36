"""Saves the state every few seconds: the engine does so only when it is asked to end, so that a crash would lose every stack.

A forked child holds one consistent snapshot and writes the files that changed, while the engine goes on. What it wrote it tells the
engine, so that the next child knows without reading; a layer's hundred megabytes are then neither encoded nor compared.
"""

import hashlib
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
# Bytes from this size on are told apart by where they lie: they never change, and their records name their hash.
LARGE = 1 << 20
# What nobody goes on from is saved once a minute.
SELDOM = {"cloudwatch", "cloudwatch_logs"}
SELDOM_SECONDS = 60


def _in_place(obj):
    if isinstance(obj, (bytes, bytearray)) and len(obj) >= LARGE:
        return f"{len(obj)} bytes at {id(obj)}"
    return persistence._json_default(obj)


def _write(name, state, seen):
    """Returns what tells this state from others, for the next child."""
    document = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
    digest = hashlib.sha256(json.dumps(document, default=_in_place).encode()).hexdigest()
    path = os.path.join(persistence.STATE_DIR, f"{name}.json")
    if seen != digest or not os.path.exists(path):
        with open(f"{path}.autosave", "w") as draft:
            json.dump(document, draft, default=persistence._json_default)
            draft.flush()
            os.fsync(draft.fileno())
        os.replace(f"{path}.autosave", path)
    return digest


def save(seen, names=lambda name: True):
    """Writes what is not as in `seen`, which is what an earlier call returned."""
    saved = dict(seen)
    for name, state_of in app._build_persistence_save_dict().items():
        if not names(name):
            continue
        state = state_of()
        if state is not None:
            saved[name] = _write(name, state, seen.get(name))
    return saved


def _child(tell, seen, names):
    code = 1
    try:
        # A lock that another thread held at the fork is never given back in here: the alarm ends such a child.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(CHILD_SECONDS)
        os.nice(10)
        saved = save(seen, names)
        with os.fdopen(tell, "w") as parent:
            json.dump(saved, parent)
        code = 0
    except BaseException as error:
        os.write(2, f"autosave: {error!r}\n".encode())
    finally:
        os._exit(code)


def _saved_by_child(seen, names):
    """What is saved now; what was, where the child came to nothing."""
    heard, tell = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        _child(tell, seen, names)
    os.close(tell)
    with os.fdopen(heard) as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if status == 0 else seen


def _loop():
    seen, all_at = {}, 0.0
    while True:
        time.sleep(EVERY_SECONDS)
        everything = time.monotonic() - all_at >= SELDOM_SECONDS
        seen = _saved_by_child(seen, lambda name: everything or name not in SELDOM)
        if everything:
            all_at = time.monotonic()


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
