//! Writes what `/api/openapi.json` says (OpenAPI 3.1), from the types that the routes use. `UPDATE=1 cargo test -p handrail-domain openapi`
//! refreshes the file; a test of the whole server holds its paths against the table of routes.

mod table;

use super::{COOKIE, PROOF_HEADER, Problem};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/http/openapi.json");

type Describe = fn(&mut SchemaGenerator) -> Schema;

/// What an answer or a request carries.
#[derive(Clone, Copy)]
enum Body {
    Nothing,
    Json(Describe),
    /// Something else, by its media type.
    Other(&'static str),
}

fn json_of<T: JsonSchema>() -> Body {
    Body::Json(|generator| generator.subschema_for::<T>())
}

/// Whom a route is for.
#[derive(Clone, Copy, PartialEq)]
enum For {
    Everybody,
    /// Who is signed in.
    Signed,
    /// Who is signed in, and gave a code just now if they have a second step.
    Proved,
}

/// One method of one path.
struct Route {
    method: &'static str,
    path: &'static str,
    says: &'static str,
    whom: For,
    query: Vec<(&'static str, Value, bool)>,
    takes: Body,
    gives: Vec<(u16, Body)>,
}

impl Route {
    /// A route for who is signed in.
    fn new(method: &'static str, path: &'static str, says: &'static str) -> Self {
        Self { method, path, says, whom: For::Signed, query: Vec::new(), takes: Body::Nothing, gives: Vec::new() }
    }

    fn whom(self, whom: For) -> Self {
        Self { whom, ..self }
    }

    fn ask(mut self, name: &'static str, schema: Value) -> Self {
        self.query.push((name, schema, false));
        self
    }

    fn must_ask(mut self, name: &'static str, schema: Value) -> Self {
        self.query.push((name, schema, true));
        self
    }

    fn takes<T: JsonSchema>(self) -> Self {
        Self { takes: json_of::<T>(), ..self }
    }

    fn gives<T: JsonSchema>(self) -> Self {
        self.answers(200, json_of::<T>())
    }

    fn makes<T: JsonSchema>(self) -> Self {
        self.answers(201, json_of::<T>())
    }

    fn does(self) -> Self {
        self.answers(204, Body::Nothing)
    }

    fn answers(mut self, status: u16, body: Body) -> Self {
        self.gives.push((status, body));
        self
    }

    fn parameters(&self) -> Vec<Value> {
        let names = self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
        let of_path = names.map(|name| {
            // An act stands behind an id, and is one of few words; what those are, the summary says.
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } })
        });
        let of_query = self.query.iter().map(
            |(name, schema, required)| json!({ "name": name, "in": "query", "required": required, "schema": schema }),
        );
        let proof = (self.whom == For::Proved).then(
            || json!({ "name": PROOF_HEADER, "in": "header", "required": false, "schema": { "type": "string" } }),
        );
        of_path.chain(of_query).chain(proof).collect()
    }

    fn operation(&self, generator: &mut SchemaGenerator) -> Value {
        let mut answers = Map::new();
        for (status, body) in &self.gives {
            let mut answer = content(*body, generator);
            answer.insert("description".into(), if *status == 204 { "Done." } else { "The answer." }.into());
            answers.insert(status.to_string(), answer.into());
        }
        answers.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
        let mut operation = json!({ "summary": self.says, "responses": answers });
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        let mut body = content(self.takes, generator);
        if !body.is_empty() {
            body.insert("required".into(), true.into());
            operation["requestBody"] = body.into();
        }
        if self.whom == For::Everybody {
            operation["security"] = json!([]);
        }
        operation
    }
}

fn content(body: Body, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let (kind, schema) = match body {
        Body::Nothing => return Map::new(),
        Body::Json(describe) => ("application/json", describe(generator).to_value()),
        Body::Other(kind) => (kind, json!({ "type": "string" })),
    };
    Map::from_iter([("content".to_owned(), json!({ kind: { "schema": schema } }))])
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in table::routes() {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = route.operation(&mut generator);
    }
    let problem = generator.subschema_for::<Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Handrail",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT", "identifier": "MIT" },
            "description": "What is not live: signing in, pages of history, running a scheme. The live protocol, handrail.v1.json, and what \
                each field means are in /api/protocol.md.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "cookie": [] }, { "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "cookie": { "type": "apiKey", "in": "cookie", "name": COOKIE },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
            "responses": {
                "Problem": {
                    "description": "A refusal (RFC 9457), with what to do.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
            "schemas": generator.take_definitions(true),
        },
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test writes the page, and reads it")]
fn openapi_says_what_the_types_say() {
    let made = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(kept == made, "{FILE} is old; make it anew with `UPDATE=1 cargo test -p handrail-domain openapi`");
}
