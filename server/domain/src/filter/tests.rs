use super::*;
use crate::people::Role;

macro_rules! pack {
    ($name:literal) => {
        Source { name: $name.into(), toml: include_str!(concat!("../../../../config/rules/", $name)).into() }
    };
}

/// Every pack that comes with the product.
fn packs() -> Vec<Source> {
    vec![
        pack!("words.toml"),
        pack!("abuse.toml"),
        pack!("contact.toml"),
        pack!("drugs.toml"),
        pack!("hate.toml"),
        pack!("meet.toml"),
        pack!("money.toml"),
        pack!("offending.toml"),
        pack!("secrecy.toml"),
        pack!("self-harm.toml"),
        pack!("sexual.toml"),
        pack!("threats.toml"),
    ]
}

#[test]
fn the_packs_keep_their_own_examples() {
    let rules = Rules::compile(&packs()).unwrap_or_else(|error| panic!("{error}"));
    assert!(rules.len() > 2);
    let text = Text::parse("see you at training").unwrap();
    assert!(matches!(judge(&rules, &Window::new(Role::Mentor), text), Verdict::Clear(_)));
}
