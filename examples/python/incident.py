"""The incident all examples here tell: an agent that only wants to tidy up staging.

Nothing is run for real: `shell` records what it would have run. No network, no model: each example
lets its framework's scripted model play the agent.
"""

from pathlib import Path

import checkrein

# Looks around: harmless.
LOOK = "git status"
# Frees space in staging with the token it was given: allowed.
STAGING = (
    'curl -s https://backboard.railway.app/graphql/v2 -H "Authorization: Bearer $RAILWAY_TOKEN" '
    '-d \'{"query":"mutation { volumeDelete(volumeId: \\"vol_stg_cache\\") }"}\''
)
# Nine seconds later, with a token found in an unrelated file: production, and its backups.
PRODUCTION = (
    "curl -s https://backboard.railway.app/graphql/v2 -H 'Authorization: Bearer acct-51b9ce07d2f34a88' "
    '-d \'{"query":"mutation { volumeDelete(volumeId: \\"vol_prod_db\\") }"}\''
)
# Throws away work that is committed nowhere: a human is asked.
CLEAN = "rm -rf src"

WORKSPACE = {"root": "/repo", "cwd": "/repo"}
ENV = {"RAILWAY_TOKEN": "stg-7c1e0f6a92d84b55"}


def guard() -> checkrein.Guard:
    """The guard with the company's inventory."""
    return checkrein.Guard.from_config(Path(__file__).with_name("checkrein.toml"))


def shell(command: str) -> str:
    """Pretends to run a shell command."""
    print(f"  RAN      {command}")
    return "done"
