#pragma once

namespace parley {

/// What holds for the whole process: no core dump (it would hold messages and passwords), as many descriptors as the
/// system allows, a peer that went away is an error of a write, not a signal, and no library writes to stderr what a
/// peer makes it write.
void apply_process_rules();

}  // namespace parley
