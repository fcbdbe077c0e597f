"""Archive in, archive out: every row keeps its columns and gains its causes."""
