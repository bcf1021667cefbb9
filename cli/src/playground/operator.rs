//! The operator's files, as the page takes them.

use checkrein::policy::{SourceFile, Sources};
use checkrein_runtime::config::{self, Files};
use serde_json::{Value, json};

use crate::check;
use crate::options::ConfigOptions;

/// The files of the configuration as they are now; none when there is no configuration. Mistakes in
/// policies are for the page to show.
pub fn files(options: &ConfigOptions) -> Result<Option<Value>, String> {
    let Some(path) = check::path(options) else {
        return Ok(None);
    };
    let files = Files::read(&path).map_err(|error| error.to_string())?;
    let Sources {
        policies,
        inventory,
        ..
    } = config::sources(Some(files), None);
    let inventory = inventory.map(|file| file.text).unwrap_or_default();
    let packs = options.packs().unwrap_or_else(|| packs(&inventory));
    let file = |SourceFile { name, text }| json!({"name": name, "text": text});
    let about = format!(
        "These are your files: {} ({}). Edits stay in this page; reload it for the files as they are now.",
        config::shown(&path),
        check::trust(options, &path)
    );
    Ok(Some(json!({
        "policies": policies.into_iter().map(file).collect::<Vec<Value>>(),
        "inventory": inventory,
        "packs": packs,
        "about": about,
    })))
}

/// The packs that an inventory names.
fn packs(inventory: &str) -> Vec<String> {
    let read = checkrein::inventory::Inventory::parse("checkrein.toml", inventory);
    read.unwrap_or_default().settings.packs
}
