//! Where a server is.

use std::fmt;

/// `postgres://user:password@host:port/database?options`, taken apart.
#[derive(Clone)]
pub(crate) struct Uri {
    user: String,
    password: Option<String>,
    host: String,
    database: String,
    options: Vec<String>,
    whole: String,
}

impl Uri {
    pub(crate) fn parse(text: &str) -> Self {
        let scheme = ["postgres://", "postgresql://"];
        let rest = scheme.iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.expect("the URI of a PostgreSQL begins with postgres://");
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (server, database) = rest.split_once('/').unwrap_or((rest, "postgres"));
        let (user, host) = server.rsplit_once('@').unwrap_or(("postgres", server));
        let (user, password) = match user.split_once(':') {
            Some((user, password)) => (user, Some(password.to_owned())),
            None => (user, None),
        };
        let options = options.split('&').filter(|option| !option.is_empty());
        Self {
            user: user.to_owned(),
            password,
            host: host.to_owned(),
            database: database.to_owned(),
            options: options.map(str::to_owned).collect(),
            whole: String::new(),
        }
        .put_together()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.whole
    }

    /// `host:port`.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// As people are shown it: without the password and the options.
    pub(crate) fn shown(&self) -> String {
        format!("postgres://{}@{}/{}", self.user, self.host, self.database)
    }

    pub(crate) fn port(&self) -> &str {
        self.host.rsplit_once(':').map_or("5432", |(_, port)| port)
    }

    /// The same server by another `host:port`.
    pub(crate) fn at(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self.put_together()
    }

    /// Another database of the server.
    pub(crate) fn database(mut self, name: &str) -> Self {
        name.clone_into(&mut self.database);
        self.put_together()
    }

    /// The same database as another user.
    pub(crate) fn user(mut self, user: &str, password: &str) -> Self {
        user.clone_into(&mut self.user);
        self.password = Some(password.to_owned());
        self.put_together()
    }

    /// With an option more.
    pub(crate) fn option(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.options.push(format!("{name}={value}"));
        self.put_together()
    }

    fn put_together(mut self) -> Self {
        let password = self.password.as_ref();
        let password = password.map_or(String::new(), |password| format!(":{password}"));
        let mut whole = format!(
            "postgres://{}{password}@{}/{}",
            self.user, self.host, self.database
        );
        for (index, option) in self.options.iter().enumerate() {
            whole.push(if index == 0 { '?' } else { '&' });
            whole.push_str(option);
        }
        self.whole = whole;
        self
    }
}

/// Without the password.
impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}
