//! Writes the web client's types. `UPDATE=1 cargo test -p handrail-domain generated` refreshes the file.

use super::*;
use crate::{article, conversation, finding, look, oversight, people, push, quarantine, refusal, score};
use ts_rs::{Config, TS};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../client-web/src/wire/generated.ts");

macro_rules! declare {
    ($out:ident: $($name:ty),* $(,)?) => {{
        let config = Config::new();
        $( $out.push_str(&format!("\nexport {}\n", <$name>::decl(&config))); )*
    }};
}

fn declarations() -> String {
    let mut out = String::from(
        "// Made from server/domain/src/wire by `UPDATE=1 cargo test -p handrail-domain generated`. Do not edit.\n",
    );
    of_the_socket(&mut out);
    of_the_routes(&mut out);
    of_duty(&mut out);
    of_the_scheme(&mut out);
    out
}

fn of_the_socket(out: &mut String) {
    declare!(
        out:
        people::Role,
        finding::Severity,
        finding::Category,
        finding::Evasion,
        finding::Span,
        finding::Part,
        finding::Finding,
        conversation::Kind,
        conversation::ConversationState,
        conversation::MessageStatus,
        quarantine::StateName,
        quarantine::OutcomeName,
        quarantine::ActName,
        refusal::Code,
        refusal::Scope,
        Reason,
        ReportReason,
        Presence,
        Resumed,
        Resume,
        DecisionBody,
        FromClient,
        SharedQueue,
        Me,
        PartyView,
        Person,
        Holder,
        ConsentView,
        Pending,
        ConversationView,
        ContextLine,
        Proposal,
        ItemView,
        HelpArticle,
        MessageView,
        StatusView,
        ReportView,
        EventBody,
        Limits,
        Welcome,
        OkBody,
        FromServer,
    );
}

fn of_the_routes(out: &mut String) {
    declare!(
        out:
        SignIn,
        SignedIn,
        SessionView,
        SessionPage,
        push::Language,
        push::Quiet,
        PushState,
        crate::second_step::StepState,
        Here,
        SecondStepView,
        SecondStepBegun,
        CodeGiven,
        SpareCodes,
        PasskeyView,
        PasskeyAsked,
        PasskeyNew,
        PasskeyShown,
        PasswordGiven,
        StepGiven,
        Proved,
        PushAsked,
        HistoryPage,
        ItemPage,
        ReportPage,
        score::Score,
        RulesPage,
        article::Kind,
        article::Topic,
        article::ArticleState,
        article::ArticleAct,
        article::Part,
        article::Block,
        ArticleLine,
        ArticlePage,
        ArticleView,
        Manuscript,
        Preview,
        ShelfLine,
        ShelfPage,
        VersionView,
        Seen,
        Problem,
    );
}

fn of_the_scheme(out: &mut String) {
    use crate::scheme::{form, invite, matching, numbers, paper, task};
    declare!(
        out:
        crate::rights::Right,
        form::Answer,
        invite::Standing,
        matching::Shared,
        matching::Against,
        numbers::Told,
        numbers::AreaLine,
        paper::PaperKind,
        paper::About,
        task::TaskKind,
        RightLine,
        RolesPage,
        InputView,
        FieldView,
        FormView,
        FormsPage,
        PaperView,
        SitePapersPage,
        SitePaperView,
        NewSitePaper,
        NewPaper,
        PaperWritten,
        PaperSeen,
        PersonLine,
        PeoplePage,
        NewPerson,
        Invited,
        InviteAgain,
        Join,
        Member,
        RelationshipLine,
        SecondStepSeen,
        PersonPage,
        BreakGlass,
        WithReason,
        RelationshipsPage,
        RelationshipPage,
        NewRelationship,
        RelationshipAct,
        MatchLine,
        MatchPage,
        TaskView,
        HomePage,
        OwnPapers,
        BriefingRead,
        SchemeNumber,
        SchemeLine,
        SchemePage,
        CategoryChoice,
        OtherSite,
        SiteChoices,
        Import,
        BadLine,
        Imported,
    );
}

fn of_duty(out: &mut String) {
    declare!(
        out:
        OnDuty,
        Waiting,
        Handover,
        LeftItem,
        Left,
        DutyPage,
        StartShift,
        FinishShift,
        RestrictionFact,
        PastDecision,
        PersonFacts,
        RingView,
        look::LookReason,
        look::Opinion,
        look::ReadReason,
        LookFact,
        Decided,
        Background,
        ReadAsked,
        ReadLine,
        ReadPage,
        LookView,
        LookSaid,
        LookTold,
        LookAsked,
        WaitsView,
        SeverityWaits,
        HourWaits,
        OutcomeCount,
        oversight::Looks,
        PersonLoad,
        OversightPage,
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a generated file is compared with what is kept")]
fn the_web_clients_types_are_these() {
    let fresh = declarations();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(FILE).parent().unwrap()).unwrap();
        std::fs::write(FILE, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == fresh,
        "client-web/src/wire/generated.ts is out of date: run UPDATE=1 cargo test -p handrail-domain generated"
    );
}
