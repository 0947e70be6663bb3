"""Money that is given back."""

from datetime import timedelta

FULL_REFUND_BEFORE = timedelta(days=1)


def refund(price, departure, cancelled_at, boat_left=True):
    """Returns the refund of a cancelled booking, in cents.

    A boat that did not leave is refunded in full, whatever the time of the cancellation.
    """
    if not boat_left or departure - cancelled_at >= FULL_REFUND_BEFORE:
        return price
    return price // 2
