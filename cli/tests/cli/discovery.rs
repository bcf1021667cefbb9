//! Which configuration counts, and what is remembered of it.

use std::fs;
use std::path::Path;

use crate::support::{Answer, BY_AGENT, Home, OWN_ONLY, call};

/// Policies that allow everything, as an agent would like to have them.
const LAX: &str =
    "@id(\"lax\")\n@reason(\"anything goes\")\npermit (principal, action, resource);\n";

fn verdict(home: &Home, agent: &str) -> String {
    let answer = home.run(&["authorize"], call(agent));
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    answer.json()["verdict"].as_str().unwrap().to_owned()
}

fn hook(home: &Home, agent: &str) -> Answer {
    home.run(
        &["hook", "claude-code", "--agent", agent],
        home.claude("ls").to_string(),
    )
}

#[test]
fn above_the_workspace_counts_before_the_users_own() {
    let home = Home::by_agent();
    assert_eq!(verdict(&home, "stranger"), "deny");
    home.write("checkrein.toml", OWN_ONLY);
    home.write("policies/lax.cedar", LAX);
    assert_eq!(verdict(&home, "stranger"), "allow");
}

#[test]
fn inside_the_workspace_is_ignored_and_every_surface_says_so() {
    let home = Home::by_agent();
    home.write("workspace/checkrein.toml", OWN_ONLY);
    home.write("workspace/policies/lax.cedar", LAX);
    let answer = home.run(&["authorize"], call("stranger"));
    assert_eq!(answer.json()["verdict"], "deny");
    assert!(answer.stderr.contains("is ignored"), "{}", answer.stderr);
    let stopped = hook(&home, "stranger");
    stopped.assert_stopped("hook");
    assert!(stopped.stderr.contains("is ignored"), "{}", stopped.stderr);
    let explained = home.run(&["explain", "--shell", "ls"], "");
    assert!(
        explained.stderr.contains("is ignored"),
        "{}",
        explained.stderr
    );
}

#[test]
fn a_directory_inside_the_workspace_is_still_the_workspace() {
    let home = Home::by_agent();
    fs::create_dir_all(home.path("workspace/.git")).unwrap();
    home.write("workspace/checkrein.toml", OWN_ONLY);
    home.write("workspace/policies/lax.cedar", LAX);
    fs::create_dir_all(home.path("workspace/sub/deep")).unwrap();
    let mut command = home.command(&["authorize"]);
    let output = command
        .current_dir(home.path("workspace/sub/deep"))
        .stdin(std::process::Stdio::null())
        .output();
    assert!(Answer::from(output.unwrap()).stderr.contains("is ignored"));
}

#[test]
fn a_pinned_configuration_counts_until_it_changes() {
    let home = Home::new();
    let config = home.write("workspace/checkrein.toml", OWN_ONLY);
    let policy = home.write("workspace/policies/by_agent.cedar", BY_AGENT);
    let pin = || {
        let pinned = home.run(&["check", "--pin"], "");
        assert_eq!(pinned.code, Some(0), "{}", pinned.stderr);
        assert!(
            pinned.stdout.contains("trusted: in the workspace, pinned"),
            "{}",
            pinned.stdout
        );
    };
    pin();
    assert_eq!(verdict(&home, "good"), "allow");
    assert_eq!(verdict(&home, "bad"), "deny");
    // A change of the policies or of the configuration must not drop the operator's rules.
    for file in [&policy, &config] {
        let before = fs::read_to_string(file).unwrap();
        fs::write(file, format!("{before}\n")).unwrap();
        assert_broken(&home);
        fs::write(file, before).unwrap();
        assert_eq!(verdict(&home, "good"), "allow");
    }
    fs::write(&policy, format!("{BY_AGENT}{LAX}")).unwrap();
    assert_broken(&home);
    pin();
    assert_eq!(verdict(&home, "stranger"), "allow");
    fs::remove_file(&config).unwrap();
    assert_broken(&home);
}

fn assert_broken(home: &Home) {
    let answer = home.run(&["authorize"], call("good"));
    answer.assert_stopped("authorize");
    assert!(
        answer.stderr.contains("was pinned and has changed"),
        "{}",
        answer.stderr
    );
    hook(home, "good").assert_stopped("hook");
}

#[test]
fn a_pin_is_for_one_place_only() {
    let home = Home::by_agent();
    home.write("workspace/checkrein.toml", OWN_ONLY);
    home.write("workspace/policies/lax.cedar", LAX);
    assert_eq!(home.run(&["check", "--pin"], "").code, Some(0));
    assert_eq!(verdict(&home, "stranger"), "allow");
    home.write("other/checkrein.toml", OWN_ONLY);
    home.write("other/policies/lax.cedar", LAX);
    let event = home
        .claude("ls")
        .to_string()
        .replace("/workspace\"", "/other\"");
    home.run(&["hook", "claude-code", "--agent", "stranger"], event)
        .assert_stopped("a copy");
}

#[cfg(unix)]
#[test]
fn where_everybody_may_write_nothing_counts() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::by_agent();
    home.write("shared/checkrein.toml", OWN_ONLY);
    home.write("shared/policies/lax.cedar", LAX);
    fs::set_permissions(home.path("shared"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::create_dir_all(home.path("shared/workspace")).unwrap();
    let workspace = home.path("shared/workspace");
    let home = home.with("CLAUDE_PROJECT_DIR", workspace.to_str().unwrap());
    let answer = hook(&home, "stranger");
    answer.assert_stopped("shared directory");
    assert!(
        answer.stderr.contains("everybody may write"),
        "{}",
        answer.stderr
    );
}

#[test]
fn moving_into_a_directory_of_the_workspace_does_not_make_the_rest_trusted() {
    let home = Home::by_agent();
    home.write("workspace/checkrein.toml", OWN_ONLY);
    home.write("workspace/policies/lax.cedar", LAX);
    fs::create_dir_all(home.path("workspace/sub/.git")).unwrap();
    let moved = home
        .claude("ls")
        .to_string()
        .replace("/workspace\"", "/workspace/sub\"");
    let hook = |home: &Home| home.run(&["hook", "claude-code", "--agent", "stranger"], &moved);
    hook(&home).assert_stopped("a host that does not say what the workspace is");
    let workspace = home.path("workspace");
    let home = home.with("CLAUDE_PROJECT_DIR", workspace.to_str().unwrap());
    hook(&home).assert_stopped("a host that does");
}

#[test]
fn above_the_workspace_of_a_host_counts() {
    let home = Home::by_agent();
    home.write("checkrein.toml", OWN_ONLY);
    home.write("policies/lax.cedar", LAX);
    let answer = home.run(
        &["hook", "cursor", "--agent", "stranger"],
        home.cursor("ls").to_string(),
    );
    assert_eq!(
        (answer.code, answer.stdout.as_str()),
        (Some(0), "{}\n"),
        "{}",
        answer.stderr
    );
}

#[test]
fn a_named_configuration_counts_wherever_it_is() {
    let home = Home::new();
    home.write("workspace/in/checkrein.toml", OWN_ONLY);
    home.write("workspace/in/policies/lax.cedar", LAX);
    let named = home.run(
        &["authorize", "--config", "in/checkrein.toml"],
        call("stranger"),
    );
    assert_eq!(named.json()["verdict"], "allow", "{}", named.stderr);
    let home = home.with("CHECKREIN_CONFIG", "in/checkrein.toml");
    assert_eq!(verdict(&home, "stranger"), "allow");
}

#[test]
fn policies_in_nested_directories_count() {
    let home = Home::by_agent();
    home.write(
        "user/policies/team/a/more.cedar",
        "@id(\"no\")\n@reason(\"nobody\")\n@advice(\"no\")\nforbid (principal, action, resource);",
    );
    assert_eq!(verdict(&home, "good"), "deny");
}

fn cached(home: &Home) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(home.path("cache")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn what_was_validated_is_remembered_and_a_change_is_noticed() {
    let home = Home::by_agent();
    assert_eq!(verdict(&home, "good"), "allow");
    let [stored] = cached(&home).try_into().unwrap();
    assert_eq!(verdict(&home, "good"), "allow");
    assert_eq!(cached(&home), [stored]);
    home.write(
        "user/policies/by_agent.cedar",
        &BY_AGENT.replace("\"good\"", "\"better\""),
    );
    assert_eq!(verdict(&home, "good"), "deny");
    assert_eq!(cached(&home).len(), 2);
}

#[test]
fn a_memory_that_is_broken_or_of_other_policies_is_not_used() {
    let home = Home::by_agent();
    let fresh = home.run(&["authorize"], call("bad")).stdout;
    let [stored] = cached(&home).try_into().unwrap();
    let good = fs::read_to_string(&stored).unwrap();
    let mut lost: serde_json::Value = serde_json::from_str(&good).unwrap();
    lost["policies"].as_array_mut().unwrap().pop();
    for broken in [
        "",
        "{}",
        "not json",
        &lost.to_string(),
        &good.replace("sha256:", "sha256:0"),
    ] {
        fs::write(&stored, broken).unwrap();
        assert_eq!(
            home.run(&["authorize"], call("bad")).stdout,
            fresh,
            "{broken}"
        );
    }
    assert_eq!(fs::read_to_string(&stored).unwrap(), good);
}

#[test]
fn without_a_place_to_remember_everything_still_works() {
    let home = Home::by_agent();
    fs::write(home.path("cache"), "a file is in the way").unwrap();
    assert_eq!(verdict(&home, "good"), "allow");
    assert!(Path::new(&home.path("cache")).is_file());
}
