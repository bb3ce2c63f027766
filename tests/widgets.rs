//! The client of an invented service, on the wire: what it sends to the letter, and what it reads. The
//! generator knows nothing of the service but `widgets/spec/`.

#![allow(clippy::panic, clippy::unwrap_used)]

use http::{Response as Http, StatusCode};
use openstack_identity::Timestamp;
use openstack_identity::runtime::{
    Operation, OperationError, Paginated, Patch, Request, RequestError, Response, Value,
};
use serde_json::json;
use tests::invented::widgets::v2::common::ShelfId;
use tests::invented::widgets::v2::service::{CreateKey, ListVersions, SERVICE};
use tests::invented::widgets::v2::widgets::{
    Check, CheckWidget, Checks, Circle, Colour, CreateWidget, Filter, GetWidget, GetWidgetFailure,
    ListWidgets, MoveWidget, NewWidget, Outline, OwnerRef, Polygon, Search, UpdateWidget, Widget,
    WidgetUpdate,
};

fn line(operation: &impl Operation) -> String {
    let request = operation.request().unwrap();
    format!("{} {}", request.method(), request.path())
}

fn body(operation: &impl Operation) -> Value {
    serde_json::from_slice(operation.request().unwrap().body()).unwrap()
}

/// The answer to an operation, with headers and a body.
fn answer(request: &Request, status: u16, headers: &[(&str, &str)], body: &Value) -> Response {
    let mut response = Http::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = match body {
        Value::Null => Vec::new(),
        body => serde_json::to_vec(body).unwrap(),
    };
    Response::new(response.body(body).unwrap(), request)
}

fn read<O: Operation>(
    operation: &O,
    status: u16,
    headers: &[(&str, &str)],
    body: &Value,
) -> Result<O::Output, OperationError<O::Failure>> {
    O::response(&answer(
        &operation.request().unwrap(),
        status,
        headers,
        body,
    ))
}

fn widget_json() -> Value {
    json!({
        "id": "w1",
        "type": "cog",
        "colour": "ultraviolet",
        "made_at": "2026-11-23T13:48:26",
        "note": null,
        "shape": { "form": "circle", "radius": 1.5, "unit": "mm" },
        "part_of": null,
        "parts": [],
        "OS-WIDGET:serial": 7,
        "smell": ["faint"],
    })
}

fn widget() -> Widget {
    read(
        &GetWidget::new("w1"),
        200,
        &[],
        &json!({ "widget": widget_json() }),
    )
    .unwrap()
}

#[test]
fn a_query_has_each_kind_of_parameter() {
    let plain = ListWidgets::new("shelf 1/2");
    assert_eq!(line(&plain), "GET /v2/shelves/shelf%201%2F2/widgets");
    let moment: Timestamp = "2026-11-23T13:48:26Z".parse().unwrap();
    let full = ListWidgets::new(ShelfId::new("s1"))
        .brief(true)
        .in_stock(false)
        .limit(-3)
        .min_weight(0.5)
        .name("a&b=c d+é")
        .r#type("cog")
        .colour([Colour::Red, Colour::DarkGreen, Colour::from("ultra violet")])
        .changed_since(moment)
        .owner_id("me");
    assert_eq!(
        line(&full),
        "GET /v2/shelves/s1/widgets?brief&in_stock=false&limit=-3&min_weight=0.5\
         &name=a%26b%3Dc%20d%2B%C3%A9&type=cog&colour=red&colour=dark-green&colour=ultra%20violet\
         &changed_since=2026-11-23T13%3A48%3A26Z&owner.id=me"
    );
    assert_eq!(
        line(&ListWidgets::new("s1").brief(false)),
        "GET /v2/shelves/s1/widgets"
    );
}

#[test]
#[allow(deprecated)]
fn what_is_deprecated_still_works() {
    use tests::invented::widgets::v2::widgets::RemoveWidget;

    assert_eq!(line(&RemoveWidget::new("w1")), "DELETE /v2/widgets/w1");
    assert_eq!(
        line(&ListWidgets::new("s").sort(Colour::Own)),
        "GET /v2/shelves/s/widgets?sort=self"
    );
    assert_eq!(widget().serial, Some(7));
}

#[test]
fn path_parameters_are_filled_in_and_never_lead_elsewhere() {
    let moved = MoveWidget::new(7, "../{crate}", true, [2, 3]);
    assert_eq!(
        line(&moved),
        "POST /v2/crates/7/..%2F%7Bcrate%7D?async=true&dyn=2&dyn=3"
    );
    let nowhere = MoveWidget::new(7, "w1", false, []);
    assert_eq!(line(&nowhere), "POST /v2/crates/7/w1?async=false");
    for id in ["", ".", ".."] {
        let refused = GetWidget::new(id).request().unwrap_err();
        assert_eq!(refused.to_string(), "`id` would lead to another path");
    }
}

#[test]
fn some_operations_want_a_session() {
    let sessions = [
        GetWidget::SESSION,
        ListVersions::SESSION,
        CreateKey::SESSION,
    ];
    assert_eq!(sessions, [true, false, false]);
    assert_eq!(SERVICE.session_header, Some("X-Widgets-Key"));
    assert_eq!((SERVICE.path, SERVICE.discovery), ("/v2", Some("/")));
    assert_eq!(line(&ListVersions::new()), "GET /");
    let versions = read(
        &ListVersions::new(),
        200,
        &[],
        &json!({ "versions": ["v1", "v2"] }),
    );
    assert_eq!(versions.unwrap(), ["v1", "v2"]);
}

#[test]
fn a_secret_header_is_sensitive_and_shown_nowhere() {
    let operation = CreateKey::new("me", "open sesame");
    let request = operation.request().unwrap();
    assert!(request.headers()["x-pass-phrase"].is_sensitive());
    assert_eq!(request.headers()["x-pass-phrase"], "open sesame");
    assert!(!format!("{operation:?} {request:?}").contains("sesame"));
    assert_eq!(request.body(), b"{\"name\":\"me\"}");

    let broken: RequestError = CreateKey::new("me", "open\nsesame").request().unwrap_err();
    assert!(!broken.to_string().contains("sesame"), "{broken}");
}

#[test]
fn headers_of_an_answer_stand_beside_each_other() {
    let operation = CreateKey::new("me", "open sesame");
    let headers = [("X-Widgets-Key", "k1"), ("X-Uses-Left", "3")];
    let key = read(&operation, 201, &headers, &Value::Null).unwrap();
    assert_eq!(
        (key.key.expose(), key.expires_at, key.uses_left),
        ("k1", None, 3)
    );
    assert!(!format!("{key:?}").contains("k1"));

    let with_end = [
        headers[0],
        headers[1],
        ("X-Expires-At", "2026-11-23T13:48:26Z"),
    ];
    let key = read(&operation, 201, &with_end, &Value::Null).unwrap();
    assert_eq!(key.expires_at.unwrap().to_string(), "2026-11-23T13:48:26Z");

    let missing = read(&operation, 201, &headers[..1], &Value::Null).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the 201 answer can't be read: it has no header X-Uses-Left"
    );
    let wrong = [headers[0], ("X-Uses-Left", "few")];
    let wrong = read(&operation, 201, &wrong, &Value::Null).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the 201 answer can't be read: its header X-Uses-Left is wrong: expected a whole number"
    );
}

#[test]
fn an_update_tells_null_from_absent() {
    let update = |changes: WidgetUpdate| {
        let operation = UpdateWidget::new("w1", changes);
        assert_eq!(line(&operation), "PATCH /v2/widgets/w1");
        body(&operation)
    };
    assert_eq!(update(WidgetUpdate::new()), json!({ "widget": {} }));
    assert_eq!(
        update(
            WidgetUpdate::new()
                .clear_note()
                .weight(2.0)
                .outline(Circle::new(1.0))
        ),
        json!({ "widget": {
            "note": null,
            "weight": 2.0,
            "outline": { "form": "circle", "radius": 1.0 },
        } })
    );
    assert_eq!(
        update(
            WidgetUpdate::default()
                .note("n")
                .colour("red")
                .clear_note()
                .note("m")
        ),
        json!({ "widget": { "note": "m", "colour": "red" } })
    );
}

#[test]
fn a_new_widget_has_what_is_set_the_constants_and_the_extra_members() {
    let owner = OwnerRef::by_name("me", "sesame", Some(OwnerRef::by_id("team")));
    let new = NewWidget::new("cog", Polygon::new([vec![0.0, 1.0]]), owner);
    let minimal = CreateWidget::new(new.clone());
    assert_eq!(
        body(&minimal),
        json!({ "widget": {
            "type": "cog",
            "shape": { "form": "polygon", "corners": [[0.0, 1.0]] },
            "owner": { "name": "me", "secret": "sesame", "team": { "id": "team" } },
            "made_by": "client",
            "revision": 2,
        } })
    );
    assert!(!format!("{minimal:?}").contains("sesame"));
    let full = new
        .fragile(true)
        .tags(["a".to_owned()])
        .clear_part_of()
        .pin("1234")
        .extra([("smell".to_owned(), json!("none"))].into());
    let sent = body(&CreateWidget::new(full));
    let widget = &sent["widget"];
    assert_eq!(widget["smell"], "none");
    assert_eq!(
        (&widget["pin"], &widget["part_of"]),
        (&json!("1234"), &Value::Null)
    );
    assert!(widget.as_object().unwrap().contains_key("part_of"));
}

#[test]
fn a_keyed_set_lists_its_members() {
    let checks = Checks::new(Check::Stock)
        .and(Check::Size(3))
        .and_then(|checks| checks.and(OwnerRef::by_id("me")))
        .unwrap();
    assert_eq!(
        serde_json::to_value(&checks).unwrap(),
        json!({
            "wanted": ["stock", "size", "owner"],
            "stock": {},
            "size": { "at_most": 3 },
            "owner": { "id": "me" },
        })
    );
    let repeated = checks.and(Check::Size(4)).unwrap_err();
    assert_eq!(repeated.0, "size");
}

#[test]
fn what_the_server_knows_better_is_kept() {
    let widget = widget();
    assert_eq!(widget.colour.as_str(), "ultraviolet");
    assert!(matches!(widget.colour, Colour::Unrecognized(_)));
    assert_eq!(widget.note, None);
    assert_eq!(widget.part_of, None);
    assert_eq!(widget.parts.as_deref(), Some(&[][..]));
    assert_eq!(widget.made_at.to_string(), "2026-11-23T13:48:26Z");
    assert_eq!(
        widget.extra,
        [("smell".to_owned(), json!(["faint"]))].into()
    );
    let Outline::Circle(circle) = &widget.shape else {
        panic!("{:?}", widget.shape)
    };
    assert_eq!(circle.extra, [("unit".to_owned(), json!("mm"))].into());

    let mut other = widget_json();
    other["shape"] = json!({ "form": "star", "points": 5 });
    other["part_of"] = widget_json();
    let other = read(&GetWidget::new("w"), 200, &[], &json!({ "widget": other })).unwrap();
    let unknown = json!({ "form": "star", "points": 5 });
    assert_eq!(other.shape, Outline::Unrecognized(unknown));
    assert_eq!(other.part_of.unwrap().id, "w1");
}

#[test]
fn a_wrong_answer_is_told_by_its_place() {
    let mut wrong = widget_json();
    wrong["shape"] = json!({ "form": "polygon", "corners": [[1.0], ["x"]] });
    let error = read(&GetWidget::new("w"), 200, &[], &json!({ "widget": wrong })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the 200 answer can't be read: invalid type: string \"x\", expected f64, at \
         `corners[1][0]` inside, at `widget.shape`"
    );
    let error = read(&GetWidget::new("w"), 200, &[], &json!({ "gadget": {} })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the 200 answer can't be read: its body has no `widget`"
    );
}

/// A shape that is used both ways comes back as it was sent, known or not.
#[test]
fn shapes_used_both_ways_go_round() {
    let filters = [
        json!("everything"),
        json!("all"),
        json!({ "colour": "self" }),
        json!({ "not": { "all": ["everything", { "named": "x" }, { "not": "all" }] } }),
        json!({ "near": { "km": 3 } }),
        json!("nothing"),
        json!({ "colour": "red", "named": "two keys" }),
        json!(["not", "a", "filter"]),
    ];
    for json in filters {
        let filter: Filter = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&filter).unwrap(), json);
        let search = Search::new(filter.clone());
        assert_eq!(body(&search), json);
        let found = read(&search, 200, &[], &json!({ "filter": json, "ids": [] })).unwrap();
        assert_eq!(found.filter, filter);
    }
    let outlines = [
        json!({ "form": "circle", "radius": 1.0, "unit": "mm" }),
        json!({ "form": "polygon", "corners": [[0.0]], "inner": { "form": "circle", "radius": 2.0 } }),
        json!({ "form": "polygon", "corners": [], "inner": null }),
        json!({ "form": "star", "points": 5 }),
        json!({ "points": 5 }),
    ];
    for json in outlines {
        let outline: Outline = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(&outline).unwrap(), json);
    }
}

#[test]
fn unions_tell_words_keys_and_fields_apart() {
    let filter = |json: Value| serde_json::from_value::<Filter>(json).unwrap();
    assert_eq!(filter(json!("all")), Filter::AllOfMine);
    assert_eq!(filter(json!({ "all": [] })), Filter::All(Vec::new()));
    assert_eq!(filter(json!("named")), Filter::Unrecognized(json!("named")));
    assert_eq!(
        filter(json!({ "everything": 1 })),
        Filter::Unrecognized(json!({ "everything": 1 }))
    );
    let open: Polygon = serde_json::from_value(json!({ "corners": [] })).unwrap();
    assert_eq!(open.inner, Patch::Keep);
    let filled: Polygon = serde_json::from_value(json!({ "corners": [], "inner": null })).unwrap();
    assert_eq!(filled.inner, Patch::Clear);
}

#[test]
fn cases_are_tried_in_order() {
    let get = GetWidget::new("w1");
    let moved = read(&get, 404, &[("x-moved-to", "w2")], &Value::Null).unwrap_err();
    let OperationError::Declared(GetWidgetFailure::Moved(moved)) = moved else {
        panic!("{moved:?}")
    };
    assert_eq!(moved.id, "w2");
    let gone = read(&get, 410, &[], &Value::Null).unwrap_err();
    assert!(matches!(
        gone,
        OperationError::Declared(GetWidgetFailure::Gone)
    ));
    let locked = read(&get, 423, &[], &json!({ "by": "me" })).unwrap_err();
    let OperationError::Declared(GetWidgetFailure::Locked(lock)) = locked else {
        panic!("{locked:?}")
    };
    assert_eq!(lock.by, "me");

    let headers = [
        ("Content-Type", "application/problem+json"),
        ("X-Request-Id", "r1"),
    ];
    let problem = json!({ "title": "no", "detail": "no such widget", "hints": ["w2"] });
    let refused = read(&get, 404, &headers, &problem).unwrap_err();
    let OperationError::Service(error) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        error.to_string(),
        "get_widget: 404 Not Found: no such widget (request id r1)"
    );
    assert_eq!(
        (error.title.as_deref(), error.details),
        (Some("no"), Some(json!(["w2"])))
    );
    assert_eq!(error.status, StatusCode::NOT_FOUND);
    for status in [200, 204] {
        read(&CheckWidget::new("w1"), status, &[], &Value::Null).unwrap();
    }
}

#[test]
fn pages_lead_to_the_next_one() {
    let list = ListWidgets::new("s1").brief(true);
    let page = |links: Value| {
        let mut page = json!({ "widgets": [widget_json()] });
        if !links.is_null() {
            page["links"] = links;
        }
        read(&list, 200, &[], &page).unwrap()
    };
    let next = "https://widgets.example/v2/shelves/s1/widgets?brief&marker=w1";
    let first = page(json!({ "next": next }));
    assert_eq!(ListWidgets::next_page(&first), Some(next));
    let ids: Vec<String> = ListWidgets::into_items(first)
        .into_iter()
        .map(|widget| widget.id)
        .collect();
    assert_eq!(ids, ["w1"]);
    assert_eq!(ListWidgets::next_page(&page(json!({ "next": null }))), None);
    assert_eq!(ListWidgets::next_page(&page(Value::Null)), None);
    let second = list.request().unwrap().with_query(Some("brief&marker=w1"));
    assert_eq!(second.path(), "/v2/shelves/s1/widgets?brief&marker=w1");
}

#[test]
fn words_survive_keywords() {
    let changes = WidgetUpdate::new().crate_(3).clear_loop();
    assert_eq!(
        serde_json::to_value(&changes).unwrap(),
        json!({ "crate": 3, "loop": null })
    );
    let changes = WidgetUpdate::new().r#loop(true);
    assert_eq!(
        serde_json::to_value(&changes).unwrap(),
        json!({ "loop": true })
    );
    for (colour, word) in [
        (Colour::Own, "self"),
        (Colour::Self_, "Self"),
        (Colour::SecretAgent, "007"),
    ] {
        assert_eq!(Colour::from(word), colour);
        assert_eq!(serde_json::to_value(&colour).unwrap(), word);
    }
}
