"""Age bands, the same for every source (those of Complete Journey)."""

_FROM = (19, 25, 35, 45, 55, 65)


def band(age: str) -> str:
    """SQL for the band of an age in whole years, null where there is none."""
    last = len(_FROM) - 1
    names = [f"{a}-{_FROM[i + 1] - 1}" if i < last else f"{a}+" for i, a in enumerate(_FROM)]
    older = [
        f"WHEN {age} >= {a} THEN '{n}'"
        for a, n in zip(reversed(_FROM), reversed(names), strict=True)
    ]
    return f"CASE {' '.join(older)} WHEN {age} >= 0 THEN 'under {_FROM[0]}' END"
