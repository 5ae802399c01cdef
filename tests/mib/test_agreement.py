"""core/ spells some of the module's words a second time, since it may not include anything: they must be the same."""

import pathlib

from conftest import ROOT, run

SOURCE = pathlib.Path(__file__).parent / "agree_with_core.c"
CORE = [ROOT / "core" / "model.c", ROOT / "core" / "guidance.c"]


def test_core_and_module_use_the_same_words(compile_c, generated):
    binary = generated / "agree_with_core"
    built = compile_c("gcc", binary, SOURCE, *CORE)
    assert built.returncode == 0, built.stderr
    assert run(binary).stdout == ""


def test_a_planted_difference_is_told(compile_c, generated, tmp_path):
    changed = tmp_path / "model.c"
    text = (ROOT / "core" / "model.c").read_text().replace('"healthy"', '"well"')
    changed.write_text(text)
    binary = tmp_path / "agree_with_core"
    built = compile_c("gcc", binary, f"-I{ROOT / 'core'}", SOURCE, changed, *CORE[1:])
    assert built.returncode == 0, built.stderr
    assert run(binary).stdout == "icon_name(2) is healthy in the module and well in core\n"
