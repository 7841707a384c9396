"""`scripts/replay`: logs of real chat go into a node through the protocol, while readers join, drop
and resume; then everything that happened is judged."""
