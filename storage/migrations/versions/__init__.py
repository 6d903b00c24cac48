"""One file a revision, numbered; written by hand, importing no model."""
