"""The ``pipewarden`` command, the preview pages, and the embedded AWS."""
