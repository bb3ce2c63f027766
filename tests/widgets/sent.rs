//! What the client sends.

use openstack_identity::Timestamp;
use openstack_identity::runtime::{Operation, RequestError, Secret, Value, secrets_of};
use serde_json::json;
use tests::invented::widgets::v2::common::ShelfId;
use tests::invented::widgets::v2::service::{CreateKey, ListVersions, SERVICE};
use tests::invented::widgets::v2::widgets::{
    Check, Checks, Circle, Colour, CreateWidget, GetWidget, ListWidgets, MoveWidget, NewWidget,
    OwnerRef, Polygon, UpdateWidget, WidgetUpdate,
};

use crate::{body, line, read, widget};

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

/// In structs, in unions, in optional ones that hold themselves, and in keyed sets.
#[test]
fn the_secrets_of_a_body_are_found_and_only_a_request_has_them() {
    let team = OwnerRef::by_name("team", "sesame 2", None);
    let owner = OwnerRef::by_name("me", "sesame 1", Some(team));
    let new = NewWidget::new("cog", Polygon::new([vec![0.0, 1.0]]), owner.clone());
    let checks = Checks::new(Check::Stock)
        .and(Check::Owner(owner.clone()))
        .unwrap();
    for secrets in [secrets_of(&owner), secrets_of(&new), secrets_of(&checks)] {
        let secrets: Vec<_> = secrets.iter().map(Secret::expose).collect();
        assert_eq!(secrets, ["sesame 1", "sesame 2"]);
    }
    assert!(secrets_of(&OwnerRef::by_id("team")).is_empty());
    for refused in [
        serde_json::to_string(&owner),
        serde_json::to_string(&new),
        serde_json::to_string(&checks),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("only into a request"), "{error}");
        assert!(!error.contains("sesame"), "{error}");
    }
    let request = CreateWidget::new(new).request().unwrap();
    let sent = String::from_utf8(request.body().to_vec()).unwrap();
    assert!(
        sent.contains("sesame 1") && sent.contains("sesame 2"),
        "{sent}"
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

/// A shape that is used both ways comes back as it was sent, known or not.
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
