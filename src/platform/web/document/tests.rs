use super::*;

const DOCUMENT: &str = r##"{"paths": {
    "/residents": {"get": {"parameters": [
        {"name": "q", "in": "query", "required": true, "schema": {"type": "string"}},
        {"name": "way", "in": "query", "schema": {"$ref": "#/components/schemas/Way"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "format": "uint32"}},
        {"name": "open", "in": "query", "schema": {"type": "boolean"}}]},
        "post": {"requestBody": {"content": {"application/json":
        {"schema": {"$ref": "#/components/schemas/Person"}}}}}},
    "/residents/{id}": {"get": {"parameters": [
        {"name": "id", "in": "path", "required": true,
         "schema": {"type": "integer", "format": "int64"}}]}, "patch": {}},
    "/residents/current": {"delete": {}}
}, "components": {"schemas": {
    "Person": {"type": "object", "required": ["kana"], "properties": {
        "kana": {"type": "string"}, "born": {"type": "integer", "format": "int32"},
        "note": {"type": "string"}, "on": {"type": "string", "format": "naive-date"},
        "at": {"type": "string", "format": "date-time"}, "is_old": {"type": "boolean"},
        "phones": {"type": "array", "items": {"type": "string"}, "default": []},
        "way": {"$ref": "#/components/schemas/Way"},
        "home": {"$ref": "#/components/schemas/Home"},
        "answers": {"type": "object", "additionalProperties": {}},
        "texts": {"type": "object", "additionalProperties": {"type": "string"}}}},
    "Home": {"type": "object", "properties": {"town": {"type": "string"}}},
    "Way": {"type": "string", "enum": ["letter", "phone"]},
    "Answer": {"type": "object", "properties": {"id": {"type": "integer"}}}
}}}"##;

fn document() -> Document {
    Document::read(&complete(DOCUMENT, &[]))
}

#[test]
fn an_address_names_the_methods_it_takes() {
    let document = document();
    for (path, want) in [
        ("/residents", "GET, HEAD, POST"),
        ("/residents/12", "GET, HEAD, PATCH"),
        ("/residents/current", "DELETE"),
        ("/residents/12/path", ""),
    ] {
        assert_eq!(document.methods(path), want, "{path}");
    }
}

fn told(wrong: &[FieldError]) -> Vec<(&str, &str)> {
    wrong.iter().map(|one| (one.field.as_str(), one.wording)).collect()
}

#[test]
fn every_field_that_does_not_fit_is_named_with_what_would() {
    let document = document();
    let operation = document.operations.iter().find(|one| one.method == "POST").unwrap();

    for (body, want) in [
        (json!({"kana": "しるべ", "born": 1947, "phones": ["03"], "note": null}), vec![]),
        (json!({"kana": "し", "way": "letter", "home": null, "answers": {"a": null}}), vec![]),
        (
            json!({"kana": 12, "note": true}),
            vec![("kana", "err.api.text"), ("note", "err.api.text")],
        ),
        (json!({"kana": null}), vec![("kana", "err.api.required")]),
        (json!({"Kana": "し"}), vec![("kana", "err.api.required"), ("Kana", "err.api.unknown")]),
        (json!({"kana": "し", "home": {"twon": 1}}), vec![("home.twon", "err.api.unknown")]),
        (json!({"kana": "し", "phones": ["03", 4]}), vec![("phones.1", "err.api.text")]),
        (json!({"kana": "し", "phones": "03"}), vec![("phones", "err.api.list")]),
        (json!({"kana": "し", "way": false}), vec![("way", "err.api.choice")]),
        (json!({"kana": "し", "way": "Letter"}), vec![("way", "err.api.choice")]),
        (json!({"kana": "し", "born": 1.5}), vec![("born", "err.api.integer")]),
        (json!({"kana": "し", "born": 3_000_000_000_u64}), vec![("born", "err.api.integer")]),
        (json!({"kana": "し", "is_old": "yes"}), vec![("is_old", "err.api.boolean")]),
        (json!({"kana": "し", "on": "10.7.2024"}), vec![("on", "err.api.date")]),
        (json!({"kana": "し", "at": "2024-07-10"}), vec![("at", "err.api.instant")]),
        (json!({"kana": "し", "texts": {"a": 1}}), vec![("texts.a", "err.api.text")]),
        (json!([1]), vec![("", "err.api.object")]),
    ] {
        let wrong = document.wrong_fields(operation, &body);
        assert_eq!(told(&wrong), want, "{body}");
    }

    let wrong = document.wrong_fields(operation, &json!({"kana": "し", "way": "fax"}));
    assert_eq!(wrong[0].values, [("allowed", "letter, phone".to_owned())]);
    let wrong = document.wrong_fields(operation, &json!({"kana": "し", "home": {"twon": 1}}));
    assert_eq!(wrong[0].values, [("known", "town".to_owned())]);
}

#[test]
fn parameters_are_held_to_the_document_too() {
    let document = document();
    let at = |path: &str, query: &[(&str, &str)]| {
        let operation = document.at(path).into_iter().find(|one| one.method == "GET").unwrap();
        let query: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let wrong = document.wrong_parameters(operation, path, &query);
        wrong.into_iter().map(|one| (one.field, one.wording)).collect::<Vec<_>>()
    };
    let list = "/residents";
    for (path, query, want) in [
        (list, vec![("q", "12"), ("way", "phone"), ("limit", "20"), ("open", "true")], vec![]),
        (list, vec![], vec![("q", "err.api.required")]),
        (list, vec![("q", ""), ("way", "fax")], vec![("way", "err.api.choice")]),
        (list, vec![("q", ""), ("limit", "-1")], vec![("limit", "err.api.integer")]),
        (list, vec![("q", ""), ("limit", "many")], vec![("limit", "err.api.integer")]),
        (list, vec![("q", ""), ("open", "1")], vec![("open", "err.api.boolean")]),
        ("/residents/12", vec![], vec![]),
        ("/residents/twelve", vec![], vec![("id", "err.api.integer")]),
    ] {
        let want: Vec<_> = want.into_iter().map(|(at, what)| (at.to_owned(), what)).collect();
        assert_eq!(at(path, &query), want, "{path} {query:?}");
    }
}

#[test]
fn what_a_request_may_leave_out_may_be_null_and_nothing_else_may_come() {
    let document: Value = serde_json::from_str(&complete(DOCUMENT, &[])).unwrap();
    let schemas = &document["components"]["schemas"];
    let person = &schemas["Person"]["properties"];
    assert_eq!(person["note"]["nullable"], json!(true));
    assert_eq!(person["way"]["nullable"], json!(true));
    assert_eq!(person["way"]["allOf"][0]["$ref"], json!("#/components/schemas/Way"));
    assert_eq!(person["phones"]["nullable"], json!(true));
    assert_eq!(person["kana"]["nullable"], Value::Null);
    assert_eq!(schemas["Way"].get("properties"), None);
    assert_eq!(schemas["Person"]["additionalProperties"], json!(false));
    assert_eq!(schemas["Home"]["additionalProperties"], json!(false));
    assert_eq!(person["answers"]["additionalProperties"], json!({}));
    assert_eq!(schemas["Way"].get("additionalProperties"), None);
    // What is only answered may grow.
    assert_eq!(schemas["Answer"].get("additionalProperties"), None);
    assert_eq!(schemas["Answer"]["properties"]["id"]["nullable"], Value::Null);
}

#[test]
fn an_example_is_what_its_schema_says() {
    let whole: Value = serde_json::from_str(crate::site::openapi()).unwrap();
    let mut seen = 0;
    for response in responses(&whole) {
        for (kind, content) in response["content"].as_object().into_iter().flatten() {
            let mut fit = Fit::new(&whole);
            fit.value(&content["schema"], &content["example"], "");
            assert!(fit.wrong.is_empty(), "{kind}: {:?} in {}", fit.wrong, content["example"]);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen}");
}

/// Every answer of every operation, and those that operations share.
fn responses(document: &Value) -> Vec<&Value> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
    let own = operations.flat_map(|(_, operation)| operation["responses"].as_object());
    let shared = document["components"]["responses"].as_object();
    own.chain(shared).flat_map(|all| all.values()).collect()
}
