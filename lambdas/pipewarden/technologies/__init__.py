"""One file per technology, each with one `TECHNOLOGY`; `pipewarden.registry` finds them by scanning this folder."""
