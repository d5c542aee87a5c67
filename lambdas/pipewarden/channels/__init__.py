"""One file per type of channel, each with one `CHANNEL`; `pipewarden.registry` finds them by scanning this folder."""
