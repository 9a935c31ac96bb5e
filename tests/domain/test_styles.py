"""Styles say how customers buy; their names stay with those who buy so."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.domain import frame
from stages.domain.style_fitting import LEXICON, fit
from stages.domain.style_matching import matched
from stages.domain.styles import NO_SPEND, Styles
from tests.domain.crowd import AS_OF, crowd

NOW = frame.at(crowd(900), [AS_OF])


@pytest.fixture(scope="module")
def styles() -> Styles:
    return fit(NOW, seed=0)


def test_three_ways_of_buying_are_found_as_three(styles):
    named = styles.of(NOW)
    assert len(styles.names) == 3
    assert all(len(set(named[kind::3])) == 1 for kind in range(3))
    assert len(set(named)) == 3


@pytest.mark.parametrize("seed", [1, 2])
def test_their_number_and_words_do_not_hang_on_the_draw(styles, seed):
    other = fit(NOW.sample(600, random_state=seed), seed)
    assert {frozenset(name.lower().split(" · ")) for name in other.names} == {
        frozenset(name.lower().split(" · ")) for name in styles.names
    }
    assert (matched(other, styles).of(NOW) == styles.of(NOW)).mean() > 0.99


def test_names_are_the_lexicons_words_for_what_is_most_distinctive(styles):
    first, second, _ = styles.of(NOW)[:3]
    assert first.split(" · ")[0] == "More discounts"
    assert second.split(" · ")[0] == "Evening"
    words = {word for pair in LEXICON.values() for word in pair}
    assert {w.lower() for name in styles.names for w in name.split(" · ")} <= words
    assert len(set(styles.names)) == len(styles.names)


def test_money_is_no_part_of_a_style(styles):
    richer = NOW.assign(**{c: NOW[c] * 9 for c in NOW if c.startswith(("spend", "ticket"))})
    assert (styles.of(richer) == styles.of(NOW)).all()
    assert set(styles.columns) <= set(LEXICON)


def test_a_style_keeps_its_name_after_a_refit_on_other_customers(styles):
    champion = replace(styles, names=("Anna", "Berta", "Clara"))
    refit = matched(fit(frame.at(crowd(900, seed=5), [AS_OF]), seed=5), champion)
    assert (refit.of(NOW) == champion.of(NOW)).mean() > 0.99


def test_the_order_in_which_styles_were_found_does_not_matter(styles):
    turned = replace(styles, centres=styles.centres[::-1], names=styles.names[::-1])
    champion = replace(styles, names=("Anna", "Berta", "Clara"))
    assert matched(turned, champion).names == ("Clara", "Berta", "Anna")


def test_a_style_that_is_nobodys_continuation_has_a_name_of_its_own(styles):
    far = tuple(c + 5 for c in styles.centres[0])
    moved = replace(styles, centres=(far, *styles.centres[1:]))
    champion = replace(styles, names=(styles.names[1], styles.names[0], f"{styles.names[0]} (new)"))
    names = matched(moved, champion).names
    assert names == (f"{styles.names[0]} (new) (new)", *champion.names[1:])


def test_a_name_does_not_outlive_what_it_says(styles):
    near = tuple(-0.1 * c for c in styles.centres[0])  # within a standard deviation, but no more so
    former = tuple(0.5 * c for c in styles.centres[0])
    names = ("Anna", *styles.names[1:])
    champion = replace(styles, centres=(former, *styles.centres[1:]), names=names)
    kept = replace(styles, centres=(former, *styles.centres[1:]))
    assert matched(kept, champion).names == names
    turned = replace(styles, centres=(near, *styles.centres[1:]))
    assert "Anna" not in matched(turned, champion).names


def test_who_has_not_spent_has_no_style_of_buying(styles):
    rows = NOW.head(3).assign(ticket_largest=[0.0, -5.0, 12.0])
    assert styles.of(rows).tolist() == [NO_SPEND, NO_SPEND, *styles.of(NOW.iloc[2:3])]


def test_styles_of_other_habits_are_not_matched(styles):
    other = replace(styles, columns=("variety", *styles.columns[1:]))
    assert matched(styles, other) == styles


@pytest.mark.parametrize(
    "rows",
    [
        NOW.assign(discount_share=0.2, evening_share=0.5, weekend_share=0.3),
        NOW.drop(columns=list(LEXICON), errors="ignore"),
        NOW.head(40),
    ],
)
def test_where_habits_do_not_differ_or_few_are_known_there_is_one_style(rows):
    found = fit(rows, seed=0)
    assert set(found.of(rows)) == {"One style"}
    assert matched(found, found) == found


def test_one_customer_far_out_founds_no_style():
    odd = pd.concat([NOW, NOW.head(1).assign(weekend_share=1e6)])
    found = fit(odd, seed=0)
    assert pd.Series(found.of(odd)).value_counts().min() > 100
    assert np.isfinite(found.centres).all()
