//! Every page draws from its sample.

#[test]
fn every_sample_draws_and_draws_the_same_twice() {
    let (first, second) = (tow::gallery::samples(), tow::gallery::samples());
    for ((name, html), (_, again)) in first.iter().zip(&second) {
        assert!(!html.starts_with("BROKEN"), "{name}: {html}");
        assert_eq!(html, again, "{name} depends on something that is not its sample");
        assert!(!html.contains("<html") || html.contains("<h1"), "{name} has no heading");
    }
}

#[test]
fn no_sample_uses_an_id_twice() {
    for (name, html) in tow::gallery::samples() {
        let mut ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|id| !id.is_empty())
            .collect();
        ids.sort_unstable();
        let before = ids.len();
        let all = ids.clone();
        ids.dedup();
        let twice: Vec<_> = all.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        assert_eq!(ids.len(), before, "{name} has ids twice: {twice:?}");
    }
}

/// No inline script, style or handler: the content security policy would refuse it.
#[test]
fn no_sample_has_anything_inline() {
    for (name, html) in tow::gallery::samples() {
        for forbidden in [" style=\"", " onclick=", " onload=", "<style", "<script>", "javascript:"] {
            assert!(!html.contains(forbidden), "{name} has {forbidden}");
        }
    }
}
