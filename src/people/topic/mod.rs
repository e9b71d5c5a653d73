//! The catalogue of topics and skills, one for alumni's profiles and for the forms of programs. What is renamed or
//! merged goes on being found: the word from before becomes another word for it.

pub mod edit;
pub mod pages;
pub mod store;
pub mod web;

/// A topic of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub name: String,
    /// How many alumni list it.
    pub listed: i64,
    /// What else it is called, in lower case.
    pub aliases: Vec<String>,
}
