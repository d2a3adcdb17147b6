// Waiting without sleeping.
#pragma once

// Gives a waiting thread's share of the core to its neighbour for some nanoseconds.
static inline void genki_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
