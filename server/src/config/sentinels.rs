//! The address of Sentinels, which know which Redis is the primary now:
//! `redis+sentinel://[user:password@]host:port[,host:port…]/name[/database][?sentinel_password=…]`, `rediss+sentinel://` with
//! TLS to all of them. It may hold passwords, so no error repeats it.

/// The port of a Sentinel that names none.
const PORT: u16 = 26_379;

/// Where the Sentinels are, and which Redis to ask them for.
#[derive(Clone, PartialEq, Eq)]
pub struct Sentinels {
    /// Hosts and ports; whoever answers first is believed.
    pub hosts: Vec<(String, u16)>,
    /// The name under which they know the primary.
    pub name: String,
    /// The database there.
    pub database: i64,
    /// As whom to speak to Redis.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<String>,
    /// The password of the Sentinels themselves, if they have one.
    pub sentinel_password: Option<String>,
    /// Whether all of them are spoken to by TLS.
    pub tls: bool,
}

impl Sentinels {
    /// Whether an address is one of Sentinels.
    pub fn are_named_by(address: &str) -> bool {
        address.starts_with("redis+sentinel://") || address.starts_with("rediss+sentinel://")
    }

    /// Reads an address. An error says what is wrong with it, without repeating it.
    pub fn parse(address: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = address.split_once("://").ok_or("this is not the address of Sentinels.")?;
        let tls = match scheme {
            "redis+sentinel" => false,
            "rediss+sentinel" => true,
            _ => return Err("this is not the address of Sentinels."),
        };
        let (rest, question) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (who, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = who.split_once(':').unwrap_or((who, ""));
        let (name, database) = path.split_once('/').unwrap_or((path, "0"));
        if name.is_empty() {
            return Err("this does not say under which name the Sentinels know the primary.");
        }
        let sentinel_password = match question.split_once('=') {
            Some(("sentinel_password", password)) => given(password)?,
            None if question.is_empty() => None,
            Some(_) | None => return Err("after the ? stands something else than sentinel_password=…."),
        };
        Ok(Self {
            hosts: hosts.split(',').map(host).collect::<Result<_, _>>()?,
            name: plain(name)?,
            database: database.parse().map_err(|_| "the database is not a number.")?,
            user: given(user)?,
            password: given(password)?,
            sentinel_password,
            tls,
        })
    }
}

fn host(text: &str) -> Result<(String, u16), &'static str> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        Some(_) | None => (text, None),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.is_empty() || bare.contains(['/', ' ']) {
        return Err("one of the Sentinels has no host.");
    }
    let port = port.map_or(Ok(PORT), str::parse).map_err(|_| "a port is not a number up to 65535.")?;
    Ok((bare.to_owned(), port))
}

fn given(text: &str) -> Result<Option<String>, &'static str> {
    Ok(Some(plain(text)?).filter(|text| !text.is_empty()))
}

/// Undoes the `%40` and such of an address.
fn plain(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "a % stands before something else than two hexadecimal digits.";
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).ok_or(BAD)?;
        bytes.push(u8::from_str_radix(code, 16).map_err(|_| BAD)?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|_| BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_sentinels_the_primary_and_who_asks() {
        let all = Sentinels::parse("rediss+sentinel://ann:p%40ss@one,[::1]:7,three:26380/chat/2?sentinel_password=s")
            .unwrap();
        let hosts = [("one", 26_379), ("::1", 7), ("three", 26_380)].map(|(host, port)| (host.to_owned(), port));
        assert_eq!(all.hosts, hosts);
        assert_eq!((all.name.as_str(), all.database, all.tls), ("chat", 2, true));
        assert_eq!((all.user.as_deref(), all.password.as_deref()), (Some("ann"), Some("p@ss")));
        assert_eq!(all.sentinel_password.as_deref(), Some("s"));
        let least = Sentinels::parse("redis+sentinel://127.0.0.1/chat").unwrap();
        assert_eq!((least.user, least.password, least.sentinel_password), (None, None, None));
        assert_eq!((least.database, least.tls), (0, false));
    }

    #[test]
    fn what_is_no_such_address_is_refused() {
        for bad in [
            "redis://127.0.0.1/chat",
            "redis+sentinel://127.0.0.1",
            "redis+sentinel:///chat",
            "redis+sentinel://one,/chat",
            "redis+sentinel://one:99999/chat",
            "redis+sentinel://one/chat/first",
            "redis+sentinel://:a%4@one/chat",
            "redis+sentinel://one/chat?password=x",
        ] {
            assert!(Sentinels::parse(bad).is_err(), "{bad}");
        }
    }
}
