//! How far a hidden figure has to stay open.

use crate::system::{Bounds, INF};

/// What a rule asks of the bounds that anyone can derive for a hidden figure.
///
/// Counts have to keep a distance between the bounds, wherever the count is between them (a *sliding* protection level).
/// Amounts have to stay open on both sides of the true one (*upper* and *lower* protection levels). These are the
/// levels of Fischetti and Salazar-González (2001).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Need {
    /// The least distance between the bounds.
    pub(crate) width: i64,
    /// How far above the true figure the upper bound has to be.
    pub(crate) up: i64,
    /// How far below the true figure the lower bound has to be.
    pub(crate) down: i64,
}

impl Need {
    pub(crate) fn width(width: i64) -> Self {
        Need { width, ..Need::default() }
    }

    pub(crate) fn is_none(self) -> bool {
        self == Need::default()
    }

    /// What is asked of a figure that is equal to another.
    pub(crate) fn and(self, other: Need) -> Self {
        Need {
            width: self.width.max(other.width),
            up: self.up.max(other.up),
            down: self.down.max(other.down),
        }
    }

    /// The furthest that a figure has to go.
    pub(crate) fn furthest(self) -> i64 {
        self.width.max(self.up).max(self.down)
    }

    /// What is asked of the bounds of a figure whose true value is known.
    pub(crate) fn of(self, value: i64) -> Wanted {
        let Need { width, up, down } = self;
        Wanted {
            width,
            low: if down > 0 { value - down } else { INF },
            high: if up > 0 { value + up } else { -INF },
        }
    }

    /// How far the change below the true value and above it has to go, of one that has `room` below it.
    pub(crate) fn ways(self, room: i64) -> (i64, i64) {
        if self.up > 0 || self.down > 0 {
            return (self.down, self.up.max(self.width - self.down));
        }
        let down = room.min(self.width).max(0);
        (down, self.width - down)
    }
}

/// What is asked of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The least distance between them.
    pub(crate) width: i64,
    /// The lower one is at most this.
    pub(crate) low: i64,
    /// The upper one is at least this.
    pub(crate) high: i64,
}

impl Wanted {
    /// A distance, wherever the bounds are.
    pub(crate) fn width(width: i64) -> Self {
        Need::width(width).of(0)
    }

    pub(crate) fn nothing() -> Self {
        Wanted::width(0)
    }

    /// Whether bounds are far enough apart.
    pub(crate) fn holds(self, b: Bounds) -> bool {
        b.width() >= self.width && b.lo <= self.low && b.hi >= self.high
    }

    pub(crate) fn and(self, other: Wanted) -> Self {
        Wanted {
            width: self.width.max(other.width),
            low: self.low.min(other.low),
            high: self.high.max(other.high),
        }
    }
}
