"""Which partitions are read again: those that the database sums up otherwise than the disk."""

from decimal import Decimal

from stages.domain.manifest import Summary, changed

SAME = Summary(3, Decimal("10.00"), 100)
DATABASE = {("2020-01", 0): SAME, ("2020-01", 1): SAME, ("2020-02", 0): SAME}


def test_nothing_is_read_when_nothing_changed():
    assert changed(DATABASE, dict(DATABASE)) == []


def test_everything_is_read_at_first_in_order():
    assert changed(DATABASE, {}) == [("2020-01", 0), ("2020-01", 1), ("2020-02", 0)]


def test_a_row_more_another_sum_or_another_write_time_is_a_change():
    on_disk = {
        ("2020-01", 0): Summary(2, SAME.amount, 100),
        ("2020-01", 1): Summary(3, Decimal("10.01"), 100),
        ("2020-02", 0): Summary(3, SAME.amount, 101),
    }
    assert len(changed(DATABASE, on_disk)) == 3


def test_a_partition_that_is_no_more_is_not_read():
    assert changed({}, DATABASE) == []
