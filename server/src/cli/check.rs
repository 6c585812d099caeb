//! `handrail check`: whether everything that a server needs is there.

use super::{ConfigFile, read_config, say};
use crate::app::check::{Looked, check};
use anyhow::bail;

/// Looks and says. An error, once all of it was said, if something is wrong.
pub(super) async fn run(file: &ConfigFile) -> anyhow::Result<()> {
    let config = read_config(file)?;
    let mut looked = vec![Looked { what: "configuration", found: Ok(format!("{}", file.config.display())) }];
    looked.extend(check(&config).await);
    tell(&looked)
}

/// Says how each thing is. An error, once all of it was said, if something is wrong.
pub(super) fn tell(looked: &[Looked]) -> anyhow::Result<()> {
    let mut wrong = 0;
    for Looked { what, found } in looked {
        match found {
            Ok(how) => say(&format!("ok     {what:<14} {how}"))?,
            Err(why) => {
                wrong += 1;
                say(&format!("WRONG  {what:<14} {why}"))?;
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => bail!("one thing is wrong"),
        many => bail!("{many} things are wrong"),
    }
}
