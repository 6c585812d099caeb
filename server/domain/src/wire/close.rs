//! Close codes, and what each tells the client to do.

/// Why the server closes a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Close {
    /// Nothing is wrong.
    Normal,
    /// Drain, after `bye`.
    Drain,
    /// The server is full.
    Full,
    /// A frame that cannot be read.
    BadFrame,
    /// No hello, or not at its time.
    Hello,
    /// The account is disabled.
    Suspended,
    /// No common version.
    Version,
    /// Signed out, revoked, or replaced by a newer socket.
    SignedOut,
    /// A bug.
    Internal,
    /// Ten times the limit for ten seconds.
    RateAbuse,
    /// A flush took over ten seconds.
    Slow,
    /// Nothing was heard for 35 s.
    NoLife,
    /// The store is out of reach.
    Store,
    /// The feed cannot go on from here.
    Resync,
    /// The session's time is over.
    Expired,
}

impl Close {
    /// The number in the close frame.
    pub fn code(self) -> u16 {
        match self {
            Close::Normal => 1000,
            Close::Drain => 1012,
            Close::Full => 1013,
            Close::BadFrame => 4000,
            Close::Hello => 4001,
            Close::Suspended => 4002,
            Close::Version => 4003,
            Close::SignedOut => 4004,
            Close::Internal => 4100,
            Close::RateAbuse => 4101,
            Close::Slow => 4102,
            Close::NoLife => 4103,
            Close::Store => 4104,
            Close::Resync => 4200,
            Close::Expired => 4201,
        }
    }

    /// The word in the close frame, and in logs.
    pub fn reason(self) -> &'static str {
        match self {
            Close::Normal => "normal",
            Close::Drain => "drain",
            Close::Full => "full",
            Close::BadFrame => "bad_frame",
            Close::Hello => "hello",
            Close::Suspended => "suspended",
            Close::Version => "version",
            Close::SignedOut => "signed_out",
            Close::Internal => "internal",
            Close::RateAbuse => "rate_abuse",
            Close::Slow => "slow",
            Close::NoLife => "no_life",
            Close::Store => "store",
            Close::Resync => "resync",
            Close::Expired => "expired",
        }
    }
}
