"""`pipewarden presets [NAME]`: the bundles that pipelines can take with `use:`."""

from argparse import ArgumentParser, Namespace

from pipewarden_cli.errors import CommandError

SUMMARY = "List the presets that pipelines can use, or show one with its parameters."
EPILOG = "A project's own presets stand in config/presets; docs/presets.md says how to write one."


def add_arguments(parser: ArgumentParser) -> None:
    """Which preset."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="show everything that this preset gives")


def run(arguments: Namespace) -> int:
    """Print the list, or one preset as it is written."""
    from pipewarden_cli.preset_text import one_preset, preset_list
    from pipewarden_cli.project import known_presets

    known = known_presets(arguments.root)
    if arguments.name is None:
        print(preset_list(known))
        return 0
    if arguments.name not in known:
        from pipewarden_plan.nearest import cure_for

        raise CommandError(f"There is no preset {arguments.name!r}; {cure_for(arguments.name, known, 'there are')}")
    print(one_preset(known[arguments.name]))
    return 0
