"""`python -m pipewarden_cli` is `pipewarden`."""

import sys

from pipewarden_cli.main import main

sys.exit(main())
