//! What people say in the demonstration. All of it is made up.

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
