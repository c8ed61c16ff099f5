//! Where a browser goes from what a form drew: into another language, through the login.

use chrono::TimeDelta;

use crate::support::{Answer, Client, PASSWORD, TestApp, at, class};

const HERE: &str = "http://127.0.0.1:8080";

/// The browser that posts the form of the page at `referer`.
fn on_page(client: &Client, referer: &str) -> Client {
    client.with_header("referer", referer)
}

/// Where the page leads for the other language.
fn other_language(page: &Answer) -> String {
    let (before, _) = page.text.split_once(" hreflang=").expect(&page.text);
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    link.split('"').next().unwrap().replace("&#38;", "&")
}

/// Goes where an answer leads, until there is a page.
async fn arrive(client: &Client, mut answer: Answer) -> Answer {
    for _ in 0..5 {
        if answer.code() != 303 {
            break;
        }
        answer = client.get(answer.location()).await;
    }
    answer.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_form_drew_changes_its_language_without_an_error() {
    let t = TestApp::start().await;
    let (operator, coordinator) = (t.operator().await, t.coordinator().await);
    let id = class(&t, at(2024, 7, 10, 14, 0), 5).await;
    let session = format!("/sessions/{id}");
    let change = format!("{session}/change");

    for (client, page, post, field) in [
        (&operator, "/desk", "/desk/find".to_owned(), ("q", "03-0000-9999")),
        (&operator, &session, format!("{session}/numbers"), ("numbers", "x")),
        (&coordinator, &change, format!("{session}/edit"), ("capacity", "x")),
        (&coordinator, &change, format!("{session}/move"), ("date", "x")),
        (&coordinator, &change, format!("{session}/cancel"), ("confirm", "")),
    ] {
        for (referer, want) in [
            (format!("{HERE}{page}"), format!("{page}?lang=en")),
            (format!("{HERE}{page}?focus=find&lang=ja"), format!("{page}?focus=find&lang=en")),
            // The form again, on the page that it drew before.
            (format!("{HERE}{post}"), format!("{post}?lang=en")),
            ("https://evil.example/desk".to_owned(), format!("{post}?lang=en")),
            (format!("{HERE}//evil.example/desk"), format!("{post}?lang=en")),
            (String::new(), format!("{post}?lang=en")),
        ] {
            let drawn = on_page(client, &referer).post_form(&post, &[field]).await;
            assert!([200, 409, 422].contains(&drawn.code()), "{post}: {}", drawn.text);
            let link = other_language(&drawn);
            // The desk is one page, whatever its forms drew.
            let want = if page == "/desk" { "/desk?lang=en".to_owned() } else { want };
            assert_eq!(link, want, "{post} from {referer}");

            let asked = client.get(&link).await;
            assert_eq!(asked.set_cookie("lang").as_deref(), Some("en"), "{link}");
            arrive(client, asked).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_logged_out_meanwhile_comes_back_to_a_page() {
    let t = TestApp::start().await;
    let operator = t.operator().await;
    t.advance(TimeDelta::minutes(31));
    for (referer, next) in [
        (format!("{HERE}/desk"), "/desk"),
        (format!("{HERE}/desk?focus=find"), "/desk"),
        (format!("{HERE}/desk/find"), "/desk/find"),
        ("https://evil.example/calls".to_owned(), "/"),
        (String::new(), "/"),
    ] {
        let away = on_page(&operator, &referer).post_form("/desk/find", &[("q", "0")]).await;
        assert_eq!(away.expect(303).location(), format!("/login?next={next}"), "{referer}");
        let fields = [("login", "operator"), ("password", PASSWORD), ("next", next)];
        let entered = t.anonymous().post_form("/login", &fields).await.expect(303);
        let back = t.anonymous().with_cookie(&entered.set_cookie("shirube").unwrap());
        let page = arrive(&back, entered).await;
        assert!(page.text.contains("id=\"desk\""), "{}", page.text);
    }
}
