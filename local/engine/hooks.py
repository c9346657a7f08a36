"""How a repair takes hold of the engine: by names that the engine does not promise to keep, hence checked one by one."""

_MISSING = object()
_replaced = []


class HookMissing(RuntimeError):
    """The engine no longer has what a repair holds on to: another version is installed than the one the repairs were made for."""


def find(owner, name):
    found = owner.get(name, _MISSING) if isinstance(owner, dict) else getattr(owner, name, _MISSING)
    if found is _MISSING:
        where = getattr(owner, "__name__", type(owner).__name__)
        raise HookMissing(f"{where} has no {name}. Install the pinned engine (local/engine/requirements.txt) or mend the repair.")
    return found


def replace(owner, name, make):
    """Puts `make(original)` in the place of `owner.name`."""
    original = find(owner, name)
    _replaced.append((setattr, owner, name, original))
    setattr(owner, name, make(original))


def add(table, key, value):
    """Fills a gap in one of the engine's tables; a key that is there is the engine's own and stays an error."""
    if key in table:
        raise HookMissing(f"the engine has its own {key} now: drop the repair that adds it")
    _replaced.append((lambda owner, name, _: owner.pop(name, None), table, key, None))
    table[key] = value


def undo_all():
    while _replaced:
        put_back, owner, name, original = _replaced.pop()
        put_back(owner, name, original)
