//! Faults that a server could have. Each is planted in the driver, never in the rules of the product, to prove that the simulation
//! would find it.

/// What the driver does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A decision is taken whatever version its maker saw.
    SkipVersion,
    /// An act is written over what another node wrote since it was loaded.
    StaleCommit,
    /// What was decided is delivered in a paused conversation.
    DeliverWhilePaused,
    /// A report does not pause, though it was asked to.
    PauseForgotten,
    /// A decided item's wake time is not written.
    LoseWake,
    /// The wake time of a question to a sender is not written.
    LoseQuestion,
    /// A conversation's last number is not written.
    NumberTwice,
    /// The answer goes out before the commit.
    AnswerEarly,
    /// A retry is taken for a new message.
    ForgetCid,
    /// A supervisor acts on their own conversation.
    OwnItem,
    /// A decision takes effect before its undo window is over.
    EffectEarly,
    /// An altered text is delivered without asking.
    ConsentSkipped,
    /// An answer is taken after its time.
    LateAnswer,
    /// An act is written without the last line of its log.
    EventLost,
    /// The other party is told of a report.
    ReportTold,
    /// What waits too long is delivered.
    EscalationReleases,
    /// A withdrawn message's item is left as it was.
    WithdrawHalf,
    /// One person delivers what two must agree on.
    AloneIsEnough,
}

impl Fault {
    pub(crate) const ALL: [Fault; 18] = [
        Fault::SkipVersion,
        Fault::StaleCommit,
        Fault::DeliverWhilePaused,
        Fault::PauseForgotten,
        Fault::LoseWake,
        Fault::LoseQuestion,
        Fault::NumberTwice,
        Fault::AnswerEarly,
        Fault::ForgetCid,
        Fault::OwnItem,
        Fault::EffectEarly,
        Fault::ConsentSkipped,
        Fault::LateAnswer,
        Fault::EventLost,
        Fault::ReportTold,
        Fault::EscalationReleases,
        Fault::WithdrawHalf,
        Fault::AloneIsEnough,
    ];
}
