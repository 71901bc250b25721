//! The variables of the process, or those that a test hands in.

/// What answers a variable by its name.
pub(super) type Lookup = dyn Fn(&str) -> Option<String>;

/// Looks variables up by name.
pub(super) enum Environment {
    Process,
    Given(Box<Lookup>),
}

impl Environment {
    /// The variable, where it is set.
    pub(super) fn get(&self, name: &str) -> Result<Option<String>, String> {
        match self {
            Self::Given(variables) => Ok(variables(name)),
            Self::Process => match std::env::var_os(name).map(std::ffi::OsString::into_string) {
                None => Ok(None),
                Some(Ok(value)) => Ok(Some(value)),
                Some(Err(_)) => Err(format!("the variable `{name}` is not UTF-8")),
            },
        }
    }

    /// The variable, where it is set to something.
    pub(super) fn get_filled(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.get(name)?.filter(|value| !value.is_empty()))
    }
}
