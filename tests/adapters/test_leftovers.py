"""What killed processes leave behind goes; what others work on stays."""

import os

from stages.adapters import files, leftovers

NOBODY = "4194305"  # above any process id


def test_of_folders_of_processes_only_what_a_dead_process_of_ours_left_goes(tmp_path):
    own = leftovers.own_folder(tmp_path)
    left = own.with_name(own.name.replace(str(os.getpid()), NOBODY))
    for folder in (left, tmp_path / "2024", tmp_path / f"purchasing-elsewhere-{NOBODY}"):
        folder.mkdir()
    leftovers.own_folder(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {
        own.name,
        "2024",
        f"purchasing-elsewhere-{NOBODY}",
    }


def test_what_a_machine_left_whose_name_holds_ours_stays(tmp_path):
    theirs = {
        tmp_path / name.format(files.HERE, NOBODY)
        for name in ("purchasing-{}-2-{}", "purchasing-my{}-{}", ".x.parquet.my{}-{}.part")
    }
    for path in theirs:
        path.mkdir()
    leftovers.sweep(tmp_path)
    assert set(tmp_path.iterdir()) == theirs


def test_of_halves_only_what_a_dead_process_of_this_machine_left_goes(tmp_path):
    with files.replacing(tmp_path / "scores.parquet") as beside:
        beside.touch()
        left = beside.with_name(beside.name.replace(str(os.getpid()), NOBODY))
        elsewhere = left.with_name(left.name.replace(files.HERE, "elsewhere"))
        for file in (left, elsewhere):
            file.touch()
        leftovers.sweep(tmp_path)
        assert {p.name for p in tmp_path.iterdir()} == {beside.name, elsewhere.name}
