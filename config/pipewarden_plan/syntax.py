"""PyYAML's syntax problems as sentences with a cure."""

import re

from yaml import MarkedYAMLError

from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.model import Mark

SENTENCES = (
    (r"could not find expected ':'", "a key without its colon", "write `key: value`, with a space after the colon"),
    (r"mapping values are not allowed", "a colon stands where no key can be", "quote the text, or check the indent"),
    (r"expected (the )?node content", "a value is missing", "write it, or close what was started above"),
    (
        r"did not find expected key|expected <block end>",
        "the indent does not fit the lines above",
        "align it with its neighbours",
    ),
    (r"did not find expected '-' indicator", "the indent does not fit the list above", "align it with the other `-`"),
    (r"expected ',' or '([\]}])'", r"what starts here is not closed by `\1`", "add `,` or close it"),
    (r"unexpected end of stream", "the quotes are not closed", "add the closing quote"),
    (r"did not find expected <document start>", "text follows the end of the document", "check the indent"),
    (r"found character '(.)' that cannot start any token", r"no value starts with `\1`", "quote it"),
    (r"found character that cannot start any token", "no value starts with this character", "quote it"),
    (r"unknown escape character", "an unknown escape in double quotes", "use single quotes, or double the backslash"),
    (r"undefined tag handle|did not find URI|tag", "a tag that is not YAML's", "quote the value if it starts with `!`"),
    (
        r"undefined alias|alphabetic or numeric character|alias|anchor",
        "`*` and `&` start aliases and anchors",
        "quote it",
    ),
    (r"block sequence entries are not allowed", "a list cannot start here", "put `-` on a line of its own"),
    (r"block mapping entries|block collections|mapping keys are not allowed", "a block cannot start here", "indent it"),
    (r"incompatible YAML document|YAML directive|directive", "the `%` directive is not read", "delete it"),
)


def explain_syntax(error: MarkedYAMLError, text: str, name: str) -> Finding:
    """The finding for text that is not YAML, at the place where the parser gave up."""
    problem = error.problem or str(error)
    unclosed = re.search(r"unexpected end of stream|expected ','", problem) and error.context_mark
    place = unclosed or error.problem_mark or error.context_mark
    line = place.line if place else 0
    mark = Mark(name, line + 1, place.column + 1 if place else 1)
    lines = text.splitlines()
    around = lines[line : line + 1]
    if any(re.match(r" *\t", row) for row in lines[max(0, line - 1) : line + 1]):
        tabbed = next(at for at in (line, line - 1) if 0 <= at < len(lines) and re.match(r" *\t", lines[at]))
        return finding("PW012", Mark(name, tabbed + 1), "is indented with a tab", cure="YAML indents with spaces")
    cure_of_braces = "interpolations are written $(env), without braces"
    braces = any("{{" in row or "${" in row for row in around)
    if "cannot start any token" in problem and around:
        problem = f"found character '{around[0][mark.column - 1 : mark.column]}' that cannot start any token"
    for pattern, sentence, cure in SENTENCES:
        if found := re.search(pattern, problem):
            said = found.expand(sentence) if "\\1" in sentence else sentence
            return finding("PW012", mark, f"not YAML: {said}", cure=cure_of_braces if braces else cure)
    return finding("PW012", mark, f"not YAML: {problem}", cure=cure_of_braces if braces else "")
