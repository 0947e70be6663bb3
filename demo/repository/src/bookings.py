"""Bookings of a day, kept in a file that survives a crash at any instant."""

import json
import os


class OverbookedError(Exception):
    """More places were asked for than the boat has left."""


class DayBook:
    """The bookings of one day."""

    def __init__(self, path, capacity):
        self.path = path
        self.capacity = capacity
        self.bookings = self._load()

    def book(self, boat, name, places):
        """Books places, or raises OverbookedError and books nothing."""
        left = self.capacity[boat] - self.taken(boat)
        if places > left:
            raise OverbookedError(f"{boat} has {left} places left, {places} were asked for")
        self.bookings.append({"boat": boat, "name": name, "places": places})
        self._save()

    def taken(self, boat):
        """Counts the places that are booked on a boat."""
        return sum(one["places"] for one in self.bookings if one["boat"] == boat)

    def _load(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            return json.load(file)

    def _save(self):
        # Written beside the old file and renamed over it: a crash leaves the old or the new one, never half of one.
        beside = self.path + ".new"
        with open(beside, "w", encoding="utf-8") as file:
            json.dump(self.bookings, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self.path)
