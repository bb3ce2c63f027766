//! What the client reads.

use http::StatusCode;
use openstack_identity::runtime::{Operation, OperationError, Paginated, Patch, Value};
use serde_json::json;
use tests::invented::widgets::v2::service::CreateKey;
use tests::invented::widgets::v2::widgets::{
    CheckWidget, Colour, Filter, GetWidget, GetWidgetFailure, ListWidgets, Outline, Polygon, Search,
};

use crate::{body, read, widget, widget_json};

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
        "the 200 answer can't be read: invalid type: string, expected f64, at \
         `corners[1][0]` inside, at `widget.shape`"
    );
    let error = read(&GetWidget::new("w"), 200, &[], &json!({ "gadget": {} })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the 200 answer can't be read: its body has no `widget`"
    );
}

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
