"""Writes core/catalogue/words/google.txt: methods of Google's APIs whose class is not what their name says.

    pip download --no-deps -d DIR google-api-python-client==2.202.0
    python core/catalogue/generate/google.py DIR

The methods, their HTTP method, scopes and first words of description come from the discovery documents
in google-api-python-client (Apache-2.0). No code of it is run.
"""

import json
import re
import sys
import tomllib
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

PINNED = {"google-api-python-client": "2.202.0"}
CATALOGUE = Path(__file__).resolve().parent.parent
OBSERVING = {"r", "s"}
# Scopes that only look. Those of storage are also asked for by methods that load from it.
LOOKING = re.compile(r"[._-]?read[._-]?only$|\.read$")
# First words of descriptions of methods that only look.
LOOKS = {"gets", "get", "lists", "list", "retrieves", "retrieve", "searches", "search", "fetches", "fetch", "looks", "computes", "calculates", "counts", "count", "reads", "queries", "checks", "check", "tests", "analyzes", "finds", "find", "obtain", "validates", "verifies", "describes", "predicts", "enumerates", "enumerate", "lookup", "summarizes", "compares", "estimates", "previews", "detects", "recognizes", "translates", "explains", "shows", "view", "aggregates", "lookups"}
# … and of those that change something, as far as their names may hide it.
CHANGES = {"deletes": "d", "removes": "d", "permanently": "d", "purges": "d", "destroys": "d", "delete": "d", "remove": "d", "creates": "w", "updates": "w", "sets": "w", "adds": "w", "modifies": "w", "writes": "w", "imports": "w", "restores": "p", "cancels": "k", "restarts": "p", "changes": "w", "create": "w", "update": "w", "moves": "w", "ingests": "w", "starts": "p", "requests": "w", "uploads": "w"}


def documents(folder):
    package = next(iter(PINNED))
    [path] = Path(folder).glob(f"{package.replace('-', '_')}-{PINNED[package]}-*.whl")
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if "/discovery_cache/documents/" in name and name.endswith(".json"):
                yield json.loads(archive.read(name))


def methods(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def collections(resource):
    for name, inner in resource.get("resources", {}).items():
        yield name
        yield from collections(inner)


def kebab(name):
    """The rule of core/src/interpret/hint.rs."""
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+", re.sub(r"[^A-Za-z0-9]", " ", name))
    return "-".join(parts).lower()


def verb_classes():
    with open(CATALOGUE / "words" / "cloud.toml", "rb") as file:
        kinds = tomllib.load(file)["verb"]
    words = {word: kind["class"] for kind in kinds for word in kind.get("words", [])}
    names = {name: kind["class"] for kind in kinds for name in kind.get("names", [])}
    return words, names


def by_verb(name, words):
    """The rule of core/src/interpret/lexicon.rs."""
    while name:
        if name in words:
            return words[name]
        name = name.rpartition("-")[0]
    return None


def true_class(method, said):
    """The class of a method whose name says `said`."""
    described = re.sub(r"^\W*Deprecated[^.:]*[.:]", "", method.get("description", ""))
    first = re.match(r"\W*([A-Za-z]+)", described)
    first = first.group(1).lower() if first else ""
    change = CHANGES.get(first)
    http = method["httpMethod"]
    if http == "DELETE":
        return said if said in {"d", "v", "x", "k", "y"} else "d"
    if http == "GET":
        looks = change is None or said is None
    else:
        scopes = method.get("scopes", [])
        looks = http == "POST" and said is None and change is None
        looks &= first in LOOKS or any(LOOKING.search(one) for one in scopes)
    if looks and said in {None, "w", "p", "k"}:
        return "r"
    if said is None or said in OBSERVING and change:
        return change or "w"
    if change == "d" and said in {"w", "c", "t", "p"}:
        return "d"
    return said


def main(folder, check):
    words, by_hand = verb_classes()
    words |= {name.split(" ", 1)[1]: kind for name, kind in by_hand.items() if re.fullmatch(r"google \S+", name)}
    found, total, nouns = defaultdict(Counter), 0, set()
    for document in documents(folder):
        nouns.update(map(kebab, collections(document)))
        for method in methods(document):
            total += 1
            *path, last = method["id"].split(".")
            name, noun = kebab(last), kebab(path[-1])
            said = by_verb(name, words)
            if by_hand.keys().isdisjoint({f"{noun} {name}", f"google {noun} {name}", f"google {name}"}):
                found[name][noun, true_class(method, said)] += 1
    lines = []
    for name, uses in found.items():
        if name in nouns:
            # Where it stands alone in a path it is not known to be a verb.
            continue
        said = by_verb(name, words)
        classes = Counter()
        for (_, true), count in uses.items():
            classes[true] += count
        # What most of them do.
        usual = max(classes, key=lambda true: (classes[true], true not in OBSERVING, true))
        # A method that is named after nothing known is taken for one that changes something.
        if usual != (said or "w"):
            lines.append(f"google {name} {usual}")
        worst = {}
        for noun, true in uses:
            # Of two APIs with the same names the one that changes something counts.
            if noun not in worst or worst[noun] in OBSERVING:
                worst[noun] = true
        lines += [f"google {noun} {name} {true}" for noun, true in worst.items() if true != usual]
    lines.sort()
    head = [
        "# Written by generate/google.py from " + ", ".join(f"{n} {v}" for n, v in PINNED.items()) + ". Do not edit.",
        f"# {total} methods of {len(found)} names, {len(lines)} exceptions.",
    ]
    path = CATALOGUE / "words" / "google.txt"
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
