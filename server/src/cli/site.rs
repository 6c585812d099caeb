//! `handrail site`: sites, what each does about what the filter sees, and whether it asks the sender of an altered text.

use super::{ConfigFile, admin, say};
use anyhow::ensure;
use clap::{Args, Subcommand};
use handrail_domain::filter::Action;
use handrail_domain::finding::{Category, Severity};
use handrail_domain::people::{RETENTION_DAYS_MAX, Site, Targets};
use handrail_domain::scheme::paper::PaperKind;
use handrail_domain::time::length_ms;

#[derive(Subcommand)]
pub(super) enum SiteCommand {
    /// Make a site.
    Add {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name, as people see it.
        name: String,
    },
    /// Show what a site has chosen.
    Show {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name or id.
        site: String,
    },
    /// Choose what a site does about one category of findings; what is not said stays as it is.
    ///
    /// What is urgent is held whatever is chosen here.
    Action(ChooseAction),
    /// Choose how long the words of a relationship are kept after its end.
    Retention {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name or id.
        site: String,
        /// So many days, or never: then they are kept until somebody erases them.
        #[arg(value_name = "DAYS|never", value_parser = retention)]
        keep: Keep,
    },
    /// Write down on what basis a site keeps data about offences: without it nobody is brought together there.
    Basis(ChooseBasis),
    /// Say when a site's team is there, in words for people who wait for it.
    Hours {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name or id.
        site: String,
        /// Such as "every day, 4pm to 10pm". Without it, the site does not say.
        hours: Option<String>,
    },
    /// Choose how long a message may wait, by severity, before it rings and the next people on duty are called.
    Targets {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name or id.
        site: String,
        /// For what is urgent, such as 2m.
        #[arg(long, value_name = "LENGTH", value_parser = answer_within)]
        urgent: Option<i64>,
        /// For what is high.
        #[arg(long, value_name = "LENGTH", value_parser = answer_within)]
        high: Option<i64>,
        /// For what is medium.
        #[arg(long, value_name = "LENGTH", value_parser = answer_within)]
        medium: Option<i64>,
        /// For what is low.
        #[arg(long, value_name = "LENGTH", value_parser = answer_within)]
        low: Option<i64>,
    },
    /// Choose whether a sender is asked before an altered text is delivered in place of their own.
    Consent {
        #[command(flatten)]
        config: ConfigFile,
        /// Its name or id.
        site: String,
        /// on or off.
        #[arg(value_enum)]
        asked: Asked,
        /// How long a sender has to answer, such as 90m, 24h or 3d; a message that nobody answers for is not delivered.
        #[arg(long, value_name = "LENGTH", value_parser = answer_within, default_value = "24h")]
        answer_within: i64,
    },
}

#[derive(Args)]
pub(super) struct ChooseBasis {
    #[command(flatten)]
    config: ConfigFile,
    /// Its name or id.
    site: String,
    /// The lawful basis of UK GDPR, Article 6(1), such as public_task or legitimate_interests.
    #[arg(long, value_name = "BASIS")]
    article_6: String,
    /// What allows data about offences: official_authority, or a condition of the Data Protection Act 2018, Schedule 1, such as
    /// safeguarding_at_risk, counselling or statutory_purposes.
    #[arg(long)]
    condition: String,
    /// Where the policy document is kept.
    #[arg(long, value_name = "LINK")]
    policy: String,
    /// The day on which this is looked at again, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    review: String,
}

/// How many days; for good, if nothing.
#[derive(Clone, Copy)]
pub(super) struct Keep(Option<u32>);

fn retention(word: &str) -> Result<Keep, String> {
    if word == "never" {
        return Ok(Keep(None));
    }
    let days = word.parse().ok().filter(|days| (1..=RETENTION_DAYS_MAX).contains(days));
    days.map(|days| Keep(Some(days)))
        .ok_or_else(|| format!("give a number of days from 1 to {RETENTION_DAYS_MAX}, or never"))
}

fn kept(days: Option<u32>) -> String {
    days.map_or_else(
        || "until somebody erases them".into(),
        |days| format!("{days} days after the end of a relationship"),
    )
}

/// Whether a site asks.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Asked {
    On,
    Off,
}

fn answer_within(text: &str) -> Result<i64, String> {
    length_ms(text).ok_or_else(|| "a length of time is a number with m, h or d, such as 24h".to_owned())
}

#[derive(Args)]
pub(super) struct ChooseAction {
    #[command(flatten)]
    config: ConfigFile,
    /// Its name or id.
    site: String,
    /// The category, such as drugs or contact_phone.
    #[arg(value_parser = category)]
    category: Category,
    /// From which severity on a person decides before a message is delivered: low, medium, high or urgent.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    hold_from: Option<Severity>,
    /// From which severity on a held message rings.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    ring_from: Option<Severity>,
    /// From which severity on its sender is shown help at once, or never.
    #[arg(long, value_name = "SEVERITY|never", value_parser = help)]
    help_from: Option<Help>,
    /// From which severity on two people must want a held message delivered before it is, or never.
    #[arg(long, value_name = "SEVERITY|never", value_parser = help)]
    second_from: Option<Help>,
}

/// From which severity on; never, if nothing.
#[derive(Clone, Copy)]
struct Help(Option<Severity>);

fn category(word: &str) -> Result<Category, String> {
    let all = Category::ALL.map(Category::as_str).join(", ");
    Category::parse(word).ok_or_else(|| format!("a category is one of: {all}"))
}

fn severity(word: &str) -> Result<Severity, String> {
    let all = Severity::ALL.map(Severity::as_str).join(", ");
    Severity::parse(word).ok_or_else(|| format!("a severity is one of: {all}"))
}

fn help(word: &str) -> Result<Help, String> {
    if word == "never" {
        return Ok(Help(None));
    }
    severity(word).map(|severity| Help(Some(severity))).map_err(|advice| format!("{advice}; or never"))
}

/// Does what was asked.
pub(super) async fn run(asked: SiteCommand) -> anyhow::Result<()> {
    match asked {
        SiteCommand::Add { config, name } => {
            let id = admin(&config).await?.admin_add_site(&name).await?;
            say(&format!("Site {name:?} is there. Its id is {id}."))
        }
        SiteCommand::Show { config, site } => {
            let site = admin(&config).await?.admin_site_settings(&site).await?;
            say(&shown(&site))
        }
        SiteCommand::Action(asked) => choose(asked).await,
        SiteCommand::Retention { config, site, keep: Keep(days) } => {
            let chat = admin(&config).await?;
            let site = chat.admin_site_settings(&site).await?;
            chat.admin_set_retention(site.id, days).await?;
            say(&format!("{:?} now keeps words {}.", site.name, kept(days)))
        }
        SiteCommand::Basis(asked) => basis(asked).await,
        SiteCommand::Hours { config, site, hours } => {
            let chat = admin(&config).await?;
            let site = chat.admin_site_settings(&site).await?;
            chat.admin_set_hours(site.id, hours.clone()).await?;
            say(&format!("People who wait for {:?} are told: {}.", site.name, there(hours.as_deref())))
        }
        SiteCommand::Targets { config, site, urgent, high, medium, low } => {
            let chat = admin(&config).await?;
            let site = chat.admin_site_settings(&site).await?;
            let before = &site.settings.target_ms;
            let chosen = Targets {
                urgent: urgent.unwrap_or(before.urgent),
                high: high.unwrap_or(before.high),
                medium: medium.unwrap_or(before.medium),
                low: low.unwrap_or(before.low),
            };
            chat.admin_set_targets(site.id, chosen.clone()).await?;
            say(&format!("{:?} now has as target times: {}.", site.name, targets(&chosen)))
        }
        SiteCommand::Consent { config, site, asked, answer_within } => {
            let chat = admin(&config).await?;
            let site = chat.admin_site_settings(&site).await?;
            let asks_for_ms = matches!(asked, Asked::On).then_some(answer_within);
            chat.admin_set_consent(site.id, asks_for_ms).await?;
            say(&format!("{:?} now {}.", site.name, consent(asks_for_ms)))
        }
    }
}

async fn basis(asked: ChooseBasis) -> anyhow::Result<()> {
    let ChooseBasis { config, site, article_6, condition, policy, review } = asked;
    let chat = admin(&config).await?;
    let site = chat.admin_site_settings(&site).await?;
    let answers = [("article_6", article_6), ("condition", condition), ("policy", policy), ("review", review)];
    let answers = answers.map(|(field, words)| (field.to_owned(), words.into())).into();
    let written = chat.admin_write_site_paper(site.id, PaperKind::Basis, answers).await?;
    say(&format!("Version {} of the basis of {:?} is written down.", written.version, site.name))
}

async fn choose(asked: ChooseAction) -> anyhow::Result<()> {
    let ChooseAction { config, site, category, hold_from, ring_from, help_from, second_from } = asked;
    ensure!(
        hold_from.is_some() || ring_from.is_some() || help_from.is_some() || second_from.is_some(),
        "nothing would change: say --hold-from, --ring-from, --help-from or --second-from"
    );
    let chat = admin(&config).await?;
    let site = chat.admin_site_settings(&site).await?;
    let change = move |before: Action| Action {
        hold_from: hold_from.unwrap_or(before.hold_from),
        ring_from: ring_from.unwrap_or(before.ring_from),
        help_from: help_from.map_or(before.help_from, |Help(from)| from),
        second_from: second_from.map_or(before.second_from, |Help(from)| from),
    };
    let action = chat.admin_set_action(site.id, category, change).await?;
    say(&format!("{:?} now {} {}.", site.name, category.as_str(), in_words(action)))
}

fn in_words(action: Action) -> String {
    let Action { hold_from, ring_from, help_from, second_from } = action;
    let help = help_from.map_or("never", Severity::as_str);
    let second = second_from.map_or(String::new(), |from| format!(", two people from {}", from.as_str()));
    format!("hold from {}, ring from {}, help from {help}{second}", hold_from.as_str(), ring_from.as_str())
}

fn there(hours: Option<&str>) -> String {
    hours.map_or_else(|| "no hours".into(), |hours| format!("the team is there {hours}"))
}

fn consent(asks_for_ms: Option<i64>) -> String {
    match asks_for_ms {
        Some(ms) => format!("asks the sender of an altered text, who has {} to answer", length(ms)),
        None => "delivers an altered text without asking its sender".into(),
    }
}

/// A length of time in the largest unit that says it without a fraction.
fn length(ms: i64) -> String {
    match (ms % 60_000, ms % 1_000) {
        _ if ms > 0 && ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        (0, _) if ms > 0 => format!("{} min", ms / 60_000),
        (_, 0) => format!("{} s", ms / 1_000),
        _ => format!("{ms} ms"),
    }
}

fn targets(chosen: &Targets) -> String {
    Severity::ALL.map(|one| format!("{} {}", one.as_str(), length(chosen.of(one)))).join(", ")
}

fn shown(site: &Site) -> String {
    let settings = &site.settings;
    let mut text = format!("{}\n", site.name);
    let mut line = |name: &str, what: &str| text += &format!("  {name:<17}{what}\n");
    line("id", &site.id.to_string());
    line("undo window", &length(settings.undo_ms));
    line("target times", &targets(&settings.target_ms));
    line("words are kept", &kept(settings.retention_days));
    line("hours", &there(settings.hours.as_deref()));
    line("consent", &consent(settings.asks_for_ms()));
    text += "What it does about what the filter sees:\n";
    let mut line = |name: &str, what: &str| text += &format!("  {name:<17}{what}\n");
    for category in Category::ALL.into_iter().filter(|category| *category != Category::Filter) {
        line(category.as_str(), &in_words(settings.filter.of(category)));
    }
    line(Category::Filter.as_str(), "always held: the filter could not judge");
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn a_length_is_said_in_whole_units() {
        let told = [0, 300, 5_000, 90_000, 120_000, 5_400_000, 86_400_000].map(length);
        assert_eq!(told, ["0 s", "300 ms", "5 s", "90 s", "2 min", "90 min", "24 h"]);
    }
}
