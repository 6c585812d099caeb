//! What can happen to what the log speaks of, where its own module does not say so.

use serde::{Deserialize, Serialize};

/// What happened to a legal hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldAct {
    /// It holds from now on.
    Begin,
    /// It ended before its time.
    End,
    /// It kept something from being erased.
    Refuse,
}

/// What happened to a restricted term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionAct {
    /// It holds from now on.
    Begin,
    /// It ended before its time.
    End,
}

/// What happened to a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationAct {
    /// It began.
    Begin,
    /// Messages may not be sent for now.
    Pause,
    /// They may again.
    Lift,
    /// It is over.
    End,
    /// What a party must know changed, or a party confirmed it.
    Brief,
    /// Of all staff two alone read it from now on.
    Seal,
    /// A report of it went to an authority.
    Report,
    /// Staff read it again as before.
    Unseal,
}

/// What happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountAct {
    /// It was made.
    Add,
    /// It has a new password; its sessions ended.
    Reset,
    /// It may do nothing any more; its sessions ended.
    Disable,
    /// It may again.
    Enable,
    /// Its second step was set, or set anew.
    SetSecondStep,
    /// One of its passkeys is no more.
    DropPasskey,
    /// A colleague asked for its second step to be taken away.
    AskSecondStepAway,
    /// Its second step is gone; its sessions ended.
    TakeSecondStepAway,
}

/// What happened to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionAct {
    /// Somebody signed in.
    SignIn,
    /// Somebody signed out.
    SignOut,
    /// A sign-in was refused.
    Refuse,
    /// A code of the second step was given for what matters.
    Prove,
    /// It ended because nobody did anything in it.
    Expire,
}
