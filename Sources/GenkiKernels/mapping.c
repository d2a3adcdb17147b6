// A mapped file that is shortened, or whose disk fails, makes every access to its lost pages a SIGBUS,
// which ends the process. The handler here puts zeros in their place, notes that, and lets the reader go
// on; whoever mapped the file asks afterwards whether what was read was the file.
//
// The handler runs on the thread that read, at any instant: it takes no lock, allocates nothing, and makes
// system calls only. What it knows is a table of fixed size whose entries other threads change atomically.
#define _GNU_SOURCE
#include "GenkiKernelsMapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Half of the mappings that Linux lets a process have by default.
#define SLOTS 32768

// An entry is free where `start` is 0, and being filled or emptied where it is 1, which no mapping is.
#define BUSY ((uintptr_t)1)

typedef struct {
  _Atomic uintptr_t start;
  _Atomic size_t bytes;
  _Atomic int damaged;
} slot;

static slot slots[SLOTS];
// Entries from here on have never been used.
static _Atomic int used;
static struct sigaction previous;
static uintptr_t page_bytes;
static pthread_once_t once = PTHREAD_ONCE_INIT;

// Zeros from the lost page to the mapping's end: a file that was cut short has none of them.
static int mend(uintptr_t address) {
  int count = atomic_load(&used);
  for (int i = 0; i < count; i++) {
    uintptr_t start = atomic_load(&slots[i].start);
    size_t bytes = atomic_load(&slots[i].bytes);
    // The same entry still: a length never goes with another start.
    if (start <= BUSY || start != atomic_load(&slots[i].start)) continue;
    if (address < start || address - start >= bytes) continue;
    uintptr_t page = address & ~(page_bytes - 1);
    void *zeros = mmap((void *)page, start + bytes - page, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (zeros == MAP_FAILED) return 0;
    atomic_store(&slots[i].damaged, 1);
    return 1;
  }
  return 0;
}

static void handle(int signal, siginfo_t *info, void *context) {
  (void)context;
  int error = errno;
  int is_fault = info->si_code > 0;
  if (is_fault && mend((uintptr_t)info->si_addr)) {
    errno = error;
    return;
  }
  // Not ours: what would have happened without us happens when the access is repeated, or at once where
  // somebody sent the signal.
  sigaction(signal, &previous, NULL);
  if (!is_fault) raise(signal);
  errno = error;
}

static void install(void) {
  page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
  struct sigaction action = {0};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &previous);
}

int genki_mapping_guard(const void *start, size_t bytes) {
  pthread_once(&once, install);
  for (int i = 0; i < SLOTS; i++) {
    uintptr_t nothing = 0;
    if (!atomic_compare_exchange_strong(&slots[i].start, &nothing, BUSY)) continue;
    atomic_store(&slots[i].bytes, bytes);
    atomic_store(&slots[i].damaged, 0);
    atomic_store(&slots[i].start, (uintptr_t)start);
    int seen = atomic_load(&used);
    while (seen <= i && !atomic_compare_exchange_weak(&used, &seen, i + 1)) {
    }
    return i;
  }
  return -1;
}

int genki_mapping_is_damaged(int ticket) {
  return ticket >= 0 && ticket < SLOTS && atomic_load(&slots[ticket].damaged);
}

void genki_mapping_release(int ticket) {
  if (ticket < 0 || ticket >= SLOTS) return;
  atomic_store(&slots[ticket].start, BUSY);
  atomic_store(&slots[ticket].bytes, 0);
  atomic_store(&slots[ticket].start, 0);
}
