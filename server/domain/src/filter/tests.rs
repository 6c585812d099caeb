use super::*;
use crate::people::Role;

fn packs() -> Vec<Source> {
    let pack = |name: &str, toml: &str| Source { name: name.into(), toml: toml.into() };
    vec![
        pack("abuse.toml", include_str!("../../../../config/rules/abuse.toml")),
        pack("self-harm.toml", include_str!("../../../../config/rules/self-harm.toml")),
        pack("contact.toml", include_str!("../../../../config/rules/contact.toml")),
    ]
}

#[test]
fn the_packs_keep_their_own_examples() {
    let rules = Rules::compile(&packs()).unwrap_or_else(|error| panic!("{error}"));
    assert!(rules.len() > 2);
    let text = Text::parse("see you at training").unwrap();
    assert!(matches!(judge(&rules, &Window::new(Role::Mentor), text), Verdict::Clear(_)));
}
