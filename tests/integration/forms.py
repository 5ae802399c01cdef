"""Which tests run in which form: the whole one, the short one, and the one with fewer rows. It runs nothing."""

import ast
import functools
import zlib


def _names(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _defined(node):
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    return {name for target in getattr(node, "targets", ()) for name in _names(target)}


@functools.lru_cache(maxsize=None)
def shortened(path):
    """The functions of a module that prove less in the short form: those that use SHORT, or something of the module's
    that does."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found, before = {"SHORT"}, set()
    while found != before:
        before = set(found)
        for node in body:
            if _names(node) & found:
                found |= _defined(node)
    return found


def surplus(items, share):
    """All rows of each test's table but the first and one of `share`, which are always the same ones."""
    seen, found = set(), []
    for item in items:
        test = (item.path, item.originalname)
        if test in seen and zlib.crc32(item.nodeid.encode()) % share:
            found.append(item)
        seen.add(test)
    return found
