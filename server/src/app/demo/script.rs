//! What people say and read in the demonstration. All of it is made up.

pub(super) struct Help {
    pub(super) title: &'static str,
    pub(super) topic: &'static str,
    pub(super) body: &'static str,
    pub(super) phone: Option<&'static str>,
    pub(super) crisis: bool,
}

pub(super) const ARTICLES: [Help; 6] = [
    Help {
        title: "Talk to Samaritans",
        topic: "crisis",
        body: "You can call at any time, day or night. It is free. You do not have to say your name.",
        phone: Some("116 123"),
        crisis: true,
    },
    Help {
        title: "Talk to Childline",
        topic: "crisis",
        body: "If you are under 19 you can call at any time. It is free, and it does not show on the phone bill.",
        phone: Some("0800 1111"),
        crisis: true,
    },
    Help {
        title: "In danger right now",
        topic: "crisis",
        body: "If you or somebody else may get hurt now, call for help. They will stay on the line with you.",
        phone: Some("999"),
        crisis: true,
    },
    Help {
        title: "How to write a CV",
        topic: "work",
        body: "Start with your name and how to reach you. Then say what you are good at. Then say what you have done, newest first. \
               Two pages are enough. Ask your mentor to read it.",
        phone: None,
        crisis: false,
    },
    Help {
        title: "Money until the first pay day",
        topic: "money",
        body: "You may be able to get Universal Credit while you look for work. You can ask for an advance if you cannot wait. \
               Citizens Advice can help you to ask.",
        phone: Some("0800 144 8848"),
        crisis: false,
    },
    Help {
        title: "A place to live",
        topic: "housing",
        body: "If you may lose your home in the next eight weeks, your council must help you. Tell them early, and take papers with you.",
        phone: None,
        crisis: false,
    },
];

/// Conversations; the mentor speaks first, then they take turns.
pub(super) const SCRIPTS: [&[&str]; 4] = [
    &[
        "Hi! How did the open day at the college go?",
        "it was good actually. they showed us the workshop and i got to try the welding",
        "That is brilliant. What did you like best about it?",
        "probably that you can see what you made at the end. the tutor said i have steady hands",
        "That counts for a lot. Did they say what you need to apply?",
        "just the form and a short letter about why. i am bad at letters",
        "You told me why in two lines just now. Write those down and we will build on them together.",
        "ok i will try tonight and show you",
    ],
    &[
        "Morning. How are you feeling after yesterday?",
        "tired but ok. i did not sleep much",
        "That happens before a big week. What is worrying you most?",
        "that i will mess up the interview and they will think i am lazy",
        "You were on time every day of that placement. That is what they will hear about.",
        "true. my old manager said she would put in a word",
        "Shall we go through three questions they are likely to ask?",
        "yes please",
    ],
    &[
        "Hello! Did you get to football on Saturday?",
        "yeah we lost four one but i scored",
        "Ha, then it was not all bad. How is the new course?",
        "maths is hard. the rest is fine",
        "Which part of maths?",
        "fractions. i get them mixed up when they have different bottoms",
        "Nearly everybody does. Have a look at the first sheet and tell me where it stops making sense.",
        "ok cheers",
    ],
    &[
        "How was the first week in the kitchen?",
        "hot lol. but the chef is nice and i learned to make bread",
        "Fresh bread is a skill for life. Are the early starts all right?",
        "they are rough but i get the first bus and i like how quiet it is",
    ],
];

pub(super) const FIRST_NAMES: [&str; 40] = [
    "Alex", "Jordan", "Casey", "Riley", "Dana", "Kai", "Robin", "Jamie", "Nia", "Omar", "Beth", "Tariq", "Leah",
    "Callum", "Zara", "Ewan", "Mina", "Joel", "Carys", "Idris", "Ruth", "Dylan", "Amara", "Finn", "Sofia", "Rhys",
    "Esme", "Malik", "Holly", "Tom", "Yusuf", "Grace", "Aled", "Maya", "Luke", "Hana", "Owen", "Pippa", "Reece",
    "Tess",
];

/// Words for a password that can be read out.
pub(super) const WORDS: [&str; 64] = [
    "amber", "anchor", "apple", "arrow", "autumn", "badger", "bakery", "beacon", "birch", "blanket", "bramble",
    "bridge", "candle", "canvas", "cedar", "cherry", "clover", "cobalt", "copper", "cottage", "daisy", "ember",
    "falcon", "feather", "fern", "garden", "ginger", "harbour", "hazel", "heron", "honey", "island", "ivory", "jacket",
    "juniper", "kettle", "lantern", "lemon", "linen", "maple", "marble", "meadow", "mellow", "mitten", "nutmeg", "oak",
    "olive", "orchard", "otter", "pebble", "pepper", "pillow", "plum", "poppy", "quartz", "river", "saffron",
    "sparrow", "spruce", "thistle", "timber", "velvet", "walnut", "willow",
];
