"""Notices to passengers, sent again with growing pauses while the network is away."""

import time

FIRST_PAUSE_SECONDS = 2
MOST_ATTEMPTS = 6


def send_with_retries(send, notice, sleep=time.sleep):
    """Sends a notice; waits 2, 4, 8, ... seconds between attempts, and gives up after six."""
    for attempt in range(MOST_ATTEMPTS):
        try:
            return send(notice)
        except ConnectionError:
            if attempt == MOST_ATTEMPTS - 1:
                raise
            sleep(FIRST_PAUSE_SECONDS * 2**attempt)
