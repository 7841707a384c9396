"""`scripts/cluster`: a cluster on this machine, with private servers, that goes on until it is taken down. Only the
standard library."""
