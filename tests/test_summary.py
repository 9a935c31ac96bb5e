"""What a build's description is about."""

import os

from stages.adapters.files import write_json
from stages.summary import told


def test_a_former_result_is_not_what_new_reasons_led_to(tmp_path):
    assert told(tmp_path) == ([], None)
    write_json(tmp_path / "tracked.json", {"content": "first"})
    assert told(tmp_path) == ([], "first")
    write_json(tmp_path / "detect.json", {"reasons": ["the data changed"]})
    os.utime(tmp_path / "tracked.json", (0, 0))
    assert told(tmp_path) == (["the data changed"], None)  # the rebuild has failed, or not begun
    write_json(tmp_path / "tracked.json", {"content": "second"})
    assert told(tmp_path) == (["the data changed"], "second")
    write_json(tmp_path / "detect.json", {"reasons": []})
    os.utime(tmp_path / "tracked.json", (0, 0))
    assert told(tmp_path) == ([], "second")
