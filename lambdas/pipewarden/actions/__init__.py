"""One file per kind of action; `registry` scans this folder."""
