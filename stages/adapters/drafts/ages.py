"""Age bands, the same for every source (those of Complete Journey)."""

_BANDS = {65: "65+", 55: "55-64", 45: "45-54", 35: "35-44", 25: "25-34", 19: "19-24", 0: "under 19"}


def band(age: str) -> str:
    """SQL for the band of an age in whole years, null where there is none."""
    cases = [f"WHEN {age} >= {least} THEN '{name}'" for least, name in _BANDS.items()]
    return f"CASE {' '.join(cases)} END"
