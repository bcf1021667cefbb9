//! Effect groups of SQL, as labelled corpora name them, from the operations and effects of actions.

use std::collections::BTreeSet;

use serde_json::Value;

/// The groups of a decision's actions.
#[must_use]
pub fn of(actions: &Value) -> BTreeSet<&'static str> {
    let actions = actions.as_array().into_iter().flatten();
    actions.flat_map(of_action).collect()
}

/// The groups that a label names, separated by commas.
#[must_use]
pub fn named(label: &str) -> BTreeSet<&str> {
    label.split(',').map(str::trim).collect()
}

fn of_action(action: &Value) -> Vec<&'static str> {
    let operation = action["operation"].as_str().unwrap_or_default();
    let name = operation
        .split_once(':')
        .map_or(operation, |(_, name)| name);
    let mut groups = of_operation(name);
    let effects = action["effects"].as_array().into_iter().flatten();
    if effects.into_iter().any(|effect| effect == "egress") {
        groups.push("unsafe_io");
    }
    groups
}

fn of_operation(name: &str) -> Vec<&'static str> {
    match name {
        "select" | "show" | "describe" | "explain" | "fetch" => vec!["read"],
        "insert" | "overwrite" => vec!["write"],
        "upsert" => vec!["modify", "write"],
        "update" | "merge" => vec!["modify"],
        "delete" => vec!["delete"],
        "copy_to" => vec!["bulk_export", "read"],
        "copy_from" => vec!["bulk_load"],
        "set" | "set_role" | "set_guard" | "set_config" | "set_recovery" | "cursor" | "notify" => {
            vec!["session"]
        }
        "transaction" => vec!["transaction"],
        "truncate" => vec!["schema_destroy"],
        "lock" | "unlock" | "advisory_lock" => vec!["lock"],
        "vacuum" | "maintain" | "refresh_view" => vec!["maintenance"],
        "call" | "do" => vec!["procedural"],
        "drop_owned" => vec!["privilege", "schema_destroy"],
        "grant" | "revoke" | "create_role" | "alter_role" | "drop_role" | "reassign_owned"
        | "default_privileges" | "security_label" | "create_policy" | "alter_policy"
        | "drop_policy" | "alter_owner" => vec!["privilege"],
        "create_user_mapping" | "alter_user_mapping" | "drop_user_mapping" => {
            vec!["privilege", "unsafe_io"]
        }
        "configure" | "configure_recovery" | "configure_guard" => vec!["privilege"],
        "read_server_file" | "write_server_file" | "server_program" | "load_library" => {
            vec!["unsafe_io"]
        }
        "import_foreign_schema" => vec!["schema_create", "unsafe_io"],
        "disable_guard" | "undrop" => vec!["schema_alter"],
        _ => {
            let outside = ["_server", "_tablespace", "_subscription", "_foreign_table"];
            let mut groups = match name.split_once('_') {
                Some(("create", _)) => vec!["schema_create"],
                Some(("alter", _)) => vec!["schema_alter"],
                Some(("drop", "column")) => vec!["schema_alter"],
                Some(("drop" | "replace", _)) => vec!["schema_destroy"],
                _ => Vec::new(),
            };
            if outside.iter().any(|end| name.ends_with(end)) {
                groups.push("unsafe_io");
            }
            groups
        }
    }
}
