"""What the Python tests share: private servers, the node under test, a protocol session, and the
history checker of the reliability page. Only Debian 12's Python packages are used."""
