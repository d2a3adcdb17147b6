import Glibc

/// Seconds of a clock that is never set.
package enum Monotonic {
  package static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// A value that threads share, and wait for.
///
/// Waits end by the monotonic clock, so that setting the time neither cuts nor stretches them. It is
/// made of the system's mutex and condition, which ThreadSanitizer understands.
package final class Guarded<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init(_ state: State) {
    self.state = state
    var attributes = pthread_condattr_t()
    pthread_mutex_init(mutex, nil)
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Looks or changes without telling those who wait.
  package func withLock<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Changes, and tells those who wait.
  package func update<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return try body(&state)
  }

  /// Waits until `body` gives a value; nil if the clock passed `deadline` first.
  package func wait<Value>(
    until deadline: Double? = nil, for body: (inout State) throws -> Value?
  ) rethrows -> Value? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value = try body(&state) { return value }
      guard let deadline else {
        pthread_cond_wait(changed, mutex)
        continue
      }
      guard Monotonic.seconds < deadline else { return nil }
      let whole = max(0, min(deadline, 1e12)).rounded(.down)
      var time = timespec(
        tv_sec: Int(whole), tv_nsec: Int((max(0, min(deadline, 1e12)) - whole) * 1e9))
      pthread_cond_timedwait(changed, mutex, &time)
    }
  }
}
