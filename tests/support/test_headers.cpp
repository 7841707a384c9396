// What the tests' precompiled header is made for: every file of the tests includes these, Catch's the longest of them.
