//! The library of the demonstration: short articles in plain words, for England and Wales, and services that anybody may use. The facts
//! are those of GOV.UK, the NHS, Citizens Advice and Shelter as they stood in 2026; a scheme checks and replaces them.

use crate::chat::put_article;
use crate::fresh;
use crate::store::{Failure, Tx};
use handrail_domain::article::{ArticleAct, ArticleState, Content, Kind, REVIEW_AFTER_MS, Topic, Version};
use handrail_domain::ids::{AccountId, ArticleId, SiteId};
use handrail_domain::push::Language;
use handrail_domain::refusal::Code;

/// Something to read.
struct Piece {
    topic: Topic,
    title: &'static str,
    body: &'static str,
    phone: Option<&'static str>,
    link: Option<&'static str>,
}

const fn article(topic: Topic, title: &'static str, body: &'static str) -> Piece {
    Piece { topic, title, body, phone: None, link: None }
}

/// What is shown at once when a crisis rule matched.
const CRISIS: [Piece; 3] = [
    Piece {
        phone: Some("116 123"),
        ..article(
            Topic::Crisis,
            "Talk to Samaritans",
            "You can call at any time, day or night. It is free. You do not have to say your name.",
        )
    },
    Piece {
        phone: Some("0800 1111"),
        ..article(
            Topic::Crisis,
            "Talk to Childline",
            "If you are under 19 you can call at any time. It is free, and it does not show on the phone bill.",
        )
    },
    Piece {
        phone: Some("999"),
        ..article(
            Topic::Crisis,
            "In danger right now",
            "If you or somebody else may get hurt now, call for help. They will stay on the line with you.",
        )
    },
];

const ARTICLES: [Piece; 8] = [
    article(
        Topic::Work,
        "How to write a CV",
        "A CV tells a boss who you are on one or two pages.\n\n## What goes in\n- Your name, and how to reach you.\n\
         - What you are good at, in two or three lines.\n- What you have done, the newest first. Unpaid work counts.\n\
         - School, courses and tickets.\n\n## What stays out\nYour age, a photo, and why you left a job. You can talk about that later.\n\n\
         ## Before you send it\nRead it out loud. Ask your mentor to read it too. Then send it as a PDF.",
    ),
    article(
        Topic::Work,
        "Getting ready for an interview",
        "Most people are nervous. That is fine.\n\n- Find out what the firm does.\n- Think of two things that you did well.\n\
         - Plan how to get there, and be ten minutes early.\n- Take a pen and a copy of your CV.\n\n\
         You can ask for a moment to think. You can ask questions too, such as what a normal day is like.",
    ),
    article(
        Topic::Money,
        "Money until the first pay day",
        "You may be able to get [Universal Credit](https://www.gov.uk/universal-credit) while you look for work, and also when you \
         work and earn little.\n\n## If you cannot wait\nThe first payment often comes after five weeks. You can ask for an advance. You pay \
         it back bit by bit.\n\n## Keep these\n- Your bank details.\n- Your rent.\n- Letters about work or school.",
    ),
    article(
        Topic::Housing,
        "If you may lose your home",
        "If you may have no home in the next eight weeks, your council must help you make a plan. Tell them early.\n\n## What to take\n\
         - Letters from your landlord.\n- Something with your name on it.\n- Proof of money that comes in.\n\n\
         If you have nowhere to sleep tonight, call your council now, also at night. Say so in the first sentence.",
    ),
    article(
        Topic::Health,
        "Seeing a doctor",
        "You can sign up with a doctor near you. It is free. You do not need proof of address, and you do not need to show ID.\n\n\
         ## When it cannot wait\nCall [111](tel:111) when you need help fast and it is not a matter of life and death. Call 999 when it is.",
    ),
    article(
        Topic::Health,
        "When you cannot sleep",
        "Bad nights happen to most of us.\n\n- Go to bed and get up at the same time.\n- Put the phone away an hour before.\n\
         - No coffee or energy drinks after lunch.\n- If you lie awake, get up, do something dull, and try again.\n\n\
         If it goes on for weeks, tell a doctor. If dark thoughts keep you awake, call Samaritans on [116 123](tel:116123).",
    ),
    article(
        Topic::Rights,
        "If the police stop you",
        "Stay calm, and keep your hands where they can be seen.\n\n## They must tell you\n- Who they are, and their station.\n\
         - Why they search you, and what they look for.\n- That you can have a written record.\n\n\
         You do not have to give your name just because you are stopped and searched. If you are taken to a police station and you are under 18, \
         an adult must come for you. You can have a solicitor for free.",
    ),
    article(
        Topic::Family,
        "Talking after a row",
        "Wait until you are calm. Then say you want to talk, and pick a time.\n\n- Say what happened, not what the other is like.\n\
         - Say how it was for you.\n- Ask how it was for them, and listen.\n\nYou do not have to agree. It is enough to go on talking.",
    ),
];

const SERVICES: [Piece; 3] = [
    Piece {
        phone: Some("0800 100 900"),
        link: Some("https://nationalcareers.service.gov.uk/"),
        ..article(
            Topic::Work,
            "National Careers Service",
            "Free advice about jobs and courses in England, for anybody from 13 years on. You can call or chat.",
        )
    },
    Piece {
        phone: Some("0800 144 8848"),
        link: Some("https://www.citizensadvice.org.uk/"),
        ..article(
            Topic::Money,
            "Citizens Advice",
            "Free help with money, work and your home. They can go through forms with you.",
        )
    },
    Piece {
        link: Some("https://www.shelter.org.uk/"),
        ..article(
            Topic::Housing,
            "Shelter",
            "Free help if you have no home, if you may lose it, or if it makes you ill. There is a chat on their page.",
        )
    },
];

/// Waits for a second person, so that the first look at the library finds something to do.
const IN_REVIEW: Piece = article(
    Topic::Money,
    "Opening a bank account",
    "You can have a basic bank account even with debts. It has no overdraft, so it cannot cost you anything.\n\n## What to take\n\
     - Something that shows who you are.\n- Something that shows where you live. A letter from your worker may do.\n\n\
     If one bank says no, ask why, and try another.",
);

/// Fills the library: written by one, published by another.
pub(super) fn library(tx: &mut Tx<'_>, site: SiteId, author: AccountId, publisher: AccountId) -> Result<(), Failure> {
    for piece in CRISIS {
        add(tx, site, piece, Kind::Article, true, author, Some(publisher))?;
    }
    for piece in ARTICLES {
        add(tx, site, piece, Kind::Article, false, author, Some(publisher))?;
    }
    for piece in SERVICES {
        add(tx, site, piece, Kind::Service, false, author, Some(publisher))?;
    }
    add(tx, site, IN_REVIEW, Kind::Article, false, author, None)
}

fn add(
    tx: &mut Tx<'_>,
    site: SiteId,
    piece: Piece,
    kind: Kind,
    crisis: bool,
    author: AccountId,
    publisher: Option<AccountId>,
) -> Result<(), Failure> {
    let (article, now) = (ArticleId::from_bits(fresh::bits()), fresh::now());
    let Piece { topic, title, body, phone, link } = piece;
    let content = Content {
        kind,
        topic,
        language: Language::En,
        title: title.to_owned(),
        body: body.to_owned(),
        phone: phone.map(str::to_owned),
        link: link.map(str::to_owned),
    };
    let content = content.checked().map_err(|_| Code::Internal)?;
    tx.add_article(article, site, crisis)?;
    let version = Version {
        article,
        site,
        version: 1,
        state: publisher.map_or(ArticleState::InReview, |_| ArticleState::Published),
        content,
        author: Some(author),
        changed_at: now,
        published_by: publisher,
        published_at: publisher.map(|_| now),
        review_by: publisher.map(|_| now.plus_ms(REVIEW_AFTER_MS)),
    };
    match publisher {
        Some(publisher) => put_article(tx, &version, ArticleAct::Publish, publisher),
        None => put_article(tx, &version, ArticleAct::Submit, author),
    }
}
