//! Routes of the form of an application.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, ServiceConfig, get, post, resource},
};
use serde_json::json;

use super::pages::{self, Apply};
use crate::{
    app::App,
    db::{ApplicationId, FileId, Tx},
    error::Error,
    html::{
        Notice,
        form::{Fields, address},
    },
    input::{self, Problems},
    people::{
        Person, topic,
        visitor::{File, Upload, Visitor, page, see_other},
    },
    programs::{
        application::{
            Answers, Application, ApplicationStatus, CohortRole,
            apply::{self, ApplyError, Wanted},
            attachment::{self, attach, store::Attachment},
            form, store,
            web::{current, page_of},
        },
        cohort::store::Running,
        file::{Field, FieldKind, ProgramFile},
    },
    uploads::{self, KeepError, NewFile},
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(
        resource("/programs/{slug}/apply")
            .route(get().to(apply_page))
            .route(post().to(send)),
    );
}

fn side_of(fields: &Fields) -> Result<CohortRole, Error> {
    CohortRole::parse(fields.one("role")?)
        .ok_or_else(|| Error::bad_request("role", "must be mentee or mentor"))
}

async fn apply_page(
    app: Data<App>,
    visitor: Visitor,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let person = visitor.signed_in()?.clone();
    let role = side_of(&Fields::parse(request.query_string())?)?;
    let (running, file) = current(&app, &slug).await?;
    let (cohort, id) = (running.cohort.id, person.id);
    let own = app
        .read::<_, Error>(move |conn| Ok(store::in_cohort(conn, cohort, id)?))
        .await?;
    let application = own.iter().find(|application| application.role == role);
    let is_decided = application.is_some_and(|found| found.released().is_some());
    if let Some(found) = application
        && is_decided
    {
        return Ok(see_other(&request, &page_of(found.id), None));
    }
    let other = own
        .iter()
        .find(|found| found.role != role && found.status != ApplicationStatus::Withdrawn);
    let answers = application
        .map(|found| found.answers.clone())
        .unwrap_or_default();
    let agreed = application
        .map(|found| found.agreed.clone())
        .unwrap_or_default();
    let agreed: Vec<String> = match application {
        // What stands there now has to be agreed to, not what stood there.
        Some(_) => form::acknowledgements(&file, role)
            .filter(|one| !form::to_agree(&file, role, &agreed).contains(one))
            .map(|one| one.name.clone())
            .collect(),
        None => Vec::new(),
    };
    let shown = Apply {
        running: &running,
        file: &file,
        role,
        answers: &answers,
        agreed: &agreed,
        application,
        other: other.filter(|_| !file.allows_both_roles()),
        person: &person,
        skills: &skills(&app, &file).await?,
        now: app.now(),
    };
    let markup = pages::apply(&visitor, &shown, &Problems::default(), None);
    Ok(page(StatusCode::OK, markup))
}

/// The skills of the catalogue, where a form asks for some.
pub async fn skills(app: &App, file: &ProgramFile) -> Result<Vec<String>, Error> {
    match file.fields.iter().any(form::is_of_catalogue) {
        true => app.read(|conn| Ok(topic::store::names(conn)?)).await,
        false => Ok(Vec::new()),
    }
}

/// A form as it was sent, and what it is about.
struct Sent {
    person: Person,
    role: CohortRole,
    running: Running,
    file: ProgramFile,
    fields: Fields,
    /// The names of what is ticked.
    agreed: Vec<String>,
    /// Files that have been attached with it, by the names of their questions: each its id and its name.
    attached: BTreeMap<String, Vec<String>>,
    /// The application as it was, and the files that came with it.
    before: Option<Application>,
    files: Vec<(FileId, Attachment)>,
}

impl Sent {
    /// What was answered: what was typed, and the files that came now or before.
    fn answers(&self) -> Answers {
        form::answers(&self.file, self.role, |field| match field.kind {
            FieldKind::File => self.file_of(field),
            _ => {
                let name = form::control(field);
                self.fields.all(&name).map(str::to_owned).collect()
            }
        })
    }

    /// The file that answers a question: the one that came now, the one that the form names, or the one that was there.
    fn file_of(&self, field: &Field) -> Vec<String> {
        if let Some(file) = self.attached.get(&field.name) {
            return file.clone();
        }
        if self.fields.is_ticked(&form::removal(field)) {
            return Vec::new();
        }
        let kept = form::kept(field);
        let named = self.fields.all(&kept).next();
        let found = self.files.iter().find(|(id, file)| {
            file.field == field.name && named.is_some_and(|named| *named == id.to_string())
        });
        match (found, &self.before) {
            (Some((id, file)), _) => vec![id.to_string(), file.name.clone()],
            (None, Some(before)) => before.answers.of(&field.name).to_vec(),
            (None, None) => Vec::new(),
        }
    }

    /// Sends the answers, or saves them as a draft.
    async fn write(&self, app: &App, is_sent: bool) -> Result<ApplicationId, ApplyError> {
        let (by, cohort) = (self.person.clone(), self.running.cohort.clone());
        let (role, answers, agreed) = (self.role, self.answers(), self.agreed.clone());
        let file = self.file.clone();
        app.transaction(move |tx| {
            let wanted = Wanted {
                role,
                answers: answers.clone(),
                agreed: agreed.clone(),
                cohort: &cohort,
                file: &file,
            };
            match is_sent {
                true => apply::submit(tx, &by, &wanted, true),
                false => apply::save(tx, &by, &wanted),
            }
        })
        .await
    }

    /// Attaches files. What is wrong with one is said at its question; the others are kept.
    async fn attach(&mut self, app: &App, files: Vec<File>) -> Result<Problems, ApplyError> {
        let mut problems = Problems::default();
        let mut wanted = Vec::new();
        for sent in files {
            let field = form::questions(&self.file, self.role)
                .find(|field| field.kind == FieldKind::File && form::control(field) == sent.field);
            wanted.extend(field.map(|field| (field.name.clone(), sent)));
        }
        if wanted.is_empty() {
            return Ok(problems);
        }
        let is_there = |found: &&Application| found.status != ApplicationStatus::Withdrawn;
        let id = match self.before.as_ref().filter(is_there) {
            Some(found) => found.id,
            None => self.write(app, false).await?,
        };
        let by = self.person.id;
        for (name, sent) in wanted {
            let field = name.clone();
            let note = move |tx: &mut Tx, new: &NewFile| -> Result<(FileId, String), ApplyError> {
                attach::attach(tx, by, id, &field, new)?;
                Ok((new.id, new.name.clone()))
            };
            match uploads::keep(app, sent.name, sent.content, note).await {
                Ok((file, called)) => {
                    self.attached.insert(name, vec![file.to_string(), called]);
                }
                Err(KeepError::Bad(bad)) => problems.add(sent.field, bad.to_string()),
                Err(KeepError::Refused(error)) => return Err(error),
                Err(KeepError::Other(error)) => {
                    tracing::warn!(%error, "a file of an application is not kept");
                    problems.add(sent.field, "could not be saved; choose it again");
                }
            }
        }
        Ok(problems)
    }
}

/// Saves a draft, by itself or at a press, or sends it.
async fn send(
    app: Data<App>,
    upload: Upload,
    slug: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let Upload { form, answers, .. } = upload;
    let visitor = form.visitor;
    let person = visitor.signed_in()?.clone();
    let role = side_of(&form.fields)?;
    let action = form.fields.one("action")?.to_owned();
    if !["save", "autosave", "submit"].contains(&action.as_str()) {
        return Err(Error::bad_request("action", "must be save or submit"));
    }
    let (running, file) = current(&app, &slug).await?;
    let agreed: Vec<String> = form::acknowledgements(&file, role)
        .filter(|one| form.fields.is_ticked(&form::agreement(one)))
        .map(|one| one.name.clone())
        .collect();
    let (cohort, id) = (running.cohort.id, person.id);
    let (before, files) = app
        .read::<_, Error>(move |conn| {
            let own = store::in_cohort(conn, cohort, id)?;
            let before = own.into_iter().find(|found| found.role == role);
            let files = match &before {
                Some(before) => attachment::store::of(conn, before.id)?,
                None => Vec::new(),
            };
            Ok((before, files))
        })
        .await?;
    let mut sent = Sent {
        person,
        role,
        running,
        file,
        fields: form.fields,
        agreed,
        attached: BTreeMap::new(),
        before,
        files,
    };
    let has_files = !answers.is_empty();
    let done = match sent.attach(&app, answers).await {
        Ok(problems) if action == "autosave" && has_files => {
            return attached(&app, &sent, &problems).await;
        }
        Ok(problems) if !problems.is_empty() => Err(ApplyError::Invalid(problems)),
        Ok(_) => sent.write(&app, action == "submit").await,
        Err(error) => Err(error),
    };
    let error = match (done, action.as_str()) {
        (Ok(_), "autosave") => return Ok(HttpResponse::NoContent().finish()),
        (Ok(_), "save") => {
            let path = format!("/programs/{slug}/apply");
            let path = address(&path, &[("role", role.as_str())]);
            let notice = "Saved. Your application has not been sent yet.";
            return Ok(see_other(&request, &path, Some(Notice::new(notice))));
        }
        (Ok(id), _) => {
            let was_sent = sent
                .before
                .as_ref()
                .is_some_and(|found| found.status == ApplicationStatus::Submitted);
            let notice = match was_sent {
                true => "Your changes are saved.",
                false => "Application sent. We have emailed you a receipt.",
            };
            let notice = Some(Notice::new(notice));
            return Ok(see_other(&request, &page_of(id), notice));
        }
        (Err(ApplyError::Database(error)), _) => return Err(error.into()),
        (Err(error), "autosave") => return Err(error.into()),
        (Err(ApplyError::NotFound), _) => return Err(Error::NotFound),
        (Err(error), _) => error,
    };
    again(&app, &visitor, &sent, error).await
}

/// The form again, with what was typed and why it was not sent. What can be kept is kept as a draft.
async fn again(
    app: &App,
    visitor: &Visitor,
    sent: &Sent,
    error: ApplyError,
) -> Result<HttpResponse, Error> {
    let (status, problems, said) = match error {
        ApplyError::Invalid(problems) => {
            // What has been sent stays as it was sent.
            if let Err(ApplyError::Database(error)) = sent.write(app, false).await {
                return Err(error.into());
            }
            (StatusCode::UNPROCESSABLE_ENTITY, problems, None)
        }
        error => {
            let said = input::sentence(&error.to_string());
            (StatusCode::CONFLICT, Problems::default(), Some(said))
        }
    };
    let (cohort, id) = (sent.running.cohort.id, sent.person.id);
    let own = app
        .read::<_, Error>(move |conn| Ok(store::in_cohort(conn, cohort, id)?))
        .await?;
    let shown = Apply {
        running: &sent.running,
        file: &sent.file,
        role: sent.role,
        answers: &sent.answers(),
        agreed: &sent.agreed,
        application: own.iter().find(|found| found.role == sent.role),
        other: None,
        person: &sent.person,
        skills: &skills(app, &sent.file).await?,
        now: app.now(),
    };
    let markup = pages::apply(visitor, &shown, &problems, said.as_deref());
    Ok(page(status, markup))
}

/// Answers a form that a browser sent by itself because files were chosen: what is attached now, by the names of
/// controls, and what is wrong with the rest.
async fn attached(app: &App, sent: &Sent, problems: &Problems) -> Result<HttpResponse, Error> {
    sent.write(app, false).await?;
    let names: BTreeMap<String, &Vec<String>> = sent
        .attached
        .iter()
        .map(|(field, file)| (format!("f-{field}"), file))
        .collect();
    let wrong: BTreeMap<&str, String> = problems
        .iter()
        .map(|(field, problem)| (field, format!("This file {problem}.")))
        .collect();
    Ok(HttpResponse::Ok().json(json!({ "attached": names, "problems": wrong })))
}
