"""The timetable."""

import csv


def read_timetable(path):
    """Reads the departures, earliest first."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return sorted(rows, key=lambda row: row["departs"])
