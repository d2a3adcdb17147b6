// Mapped files that somebody else may shorten; see mapping.c.
#pragma once
#include <stddef.h>

// Guards a mapping of a file from here on: a page that can no longer be read becomes zeros and is noted,
// where the system would end the process with SIGBUS. Returns a ticket; -1 if too many are guarded.
int genki_mapping_guard(const void *start, size_t bytes);
// Whether a page of a guarded mapping could not be read.
int genki_mapping_is_damaged(int ticket);
// Ends the guard; to be called before the mapping is taken away.
void genki_mapping_release(int ticket);
