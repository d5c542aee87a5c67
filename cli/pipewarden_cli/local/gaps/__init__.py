"""What the emulator lacks, one file a gap.

Every module here has ``NAME``, ``IMITATED`` (a literal tuple of sentences: what is imitated and where it differs from
AWS) and ``fill()``, which patches the emulator before it starts. The folder is scanned, sorted by file name; adding a
gap is adding a file. Modules here run inside the emulator's process only.
"""
