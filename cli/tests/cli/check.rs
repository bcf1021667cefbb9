//! `checkrein check`.

use crate::support::{Home, OWN_ONLY};

#[test]
fn a_configuration_in_order_is_summed_up() {
    let home = Home::by_agent();
    let answer = home.run(&["check"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    for part in [
        "everything is in order",
        "3, your own in 1 file",
        "enforce",
        "sha256:",
        "the operator's own",
    ] {
        assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
    }
    assert!(!answer.stdout.contains('\u{1b}'));
}

#[test]
fn without_a_configuration_the_shipped_pack_is_checked() {
    let answer = Home::new().run(&["check"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(answer.stdout.contains("none found"), "{}", answer.stdout);
}

#[test]
fn all_mistakes_are_listed_with_their_place() {
    let home = Home::new();
    home.write("user/checkrein.toml", OWN_ONLY);
    home.write(
        "user/policies/a.cedar",
        "@id(\"a\")\n@reason(\"r\")\npermit (principal, action == Action::\"raed\", resource);\n",
    );
    home.write(
        "user/policies/b.cedar",
        "@reason(\"r\")\npermit (principal, action, resource);\n",
    );
    let answer = home.run(&["check"], "");
    assert_eq!((answer.code, answer.stdout.as_str()), (Some(1), ""));
    for part in ["2 mistakes", "a.cedar:3", "raed", "^", "help: ", "b.cedar:"] {
        assert!(answer.stderr.contains(part), "{part}: {}", answer.stderr);
    }
}

#[test]
fn an_untrusted_configuration_is_checked_and_said_to_be_untrusted() {
    let home = Home::new();
    home.write("workspace/checkrein.toml", "[policy]\n");
    let answer = home.run(&["check"], "");
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    assert!(answer.stdout.contains("NOT TRUSTED"), "{}", answer.stdout);
}

#[test]
fn nothing_is_pinned_that_has_mistakes() {
    let home = Home::new();
    home.write("workspace/checkrein.toml", "[polici]\n");
    assert_eq!(home.run(&["check", "--pin"], "").code, Some(1));
    assert!(!home.path("user/pins").exists());
    assert_eq!(Home::new().run(&["check", "--pin"], "").code, Some(1));
}
