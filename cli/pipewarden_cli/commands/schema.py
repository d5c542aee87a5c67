"""`pipewarden schema`: the JSON Schema that editors complete and check with."""

import sys
from argparse import ArgumentParser, Namespace

SUMMARY = "Print the JSON Schema (draft 2020-12) of declarations or environments, for editors."
EPILOG = """To have an editor complete and check while you type:
  pipewarden schema declaration > declaration.schema.json
  pipewarden schema environment > environment.schema.json
and put this as the first line of each file in config/pipelines (yaml-language-server: VS Code's YAML extension, Neovim,
Emacs; JetBrains: Settings > JSON Schema Mappings):
  # yaml-language-server: $schema=<path>/declaration.schema.json
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Which of the two."""
    parser.add_argument(
        "kind", nargs="?", choices=("declaration", "environment"), default="declaration", help="default: declaration"
    )


def run(arguments: Namespace) -> int:
    """Print the schema of this version."""
    from pipewarden_plan.editor_schema import schema_text

    sys.stdout.write(schema_text(arguments.kind))
    return 0
