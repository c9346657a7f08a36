import hooks
import pytest


class Owner:
    value = 1


def test_replaces_and_puts_back():
    hooks.replace(Owner, "value", lambda original: original + 1)
    hooks.replace(Owner, "value", lambda original: original * 10)
    assert Owner.value == 20
    hooks.undo_all()
    assert Owner.value == 1


def test_fills_a_gap_but_never_covers_what_is_there():
    table = {"a": 1}
    hooks.add(table, "b", 2)
    assert table == {"a": 1, "b": 2}
    with pytest.raises(hooks.HookMissing, match="has its own a now"):
        hooks.add(table, "a", 3)
    hooks.undo_all()
    assert table == {"a": 1}


def test_a_renamed_hook_is_named():
    with pytest.raises(hooks.HookMissing, match="Owner has no other_value. Install the pinned engine"):
        hooks.replace(Owner, "other_value", lambda original: original)


def test_every_repair_finds_its_hooks_and_every_repair_is_applied():
    import pkgutil

    import plugin
    import repairs

    for module in plugin.REPAIRS:
        module.apply()
    hooks.undo_all()
    assert {module.__name__ for module in plugin.REPAIRS} == {f"repairs.{each.name}" for each in pkgutil.iter_modules(repairs.__path__)}
