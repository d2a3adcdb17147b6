import Foundation
import Synchronization

/// An fsync that runs while its owner does something else.
final class BackgroundSync: Sendable {
  private let done = DispatchSemaphore(value: 0)
  private let code = Mutex<Int32>(0)

  /// Begins; the descriptor must stay open until `wait` has returned.
  init(descriptor: Int32) {
    Thread.detachNewThread { [self] in
      let result = fsync(descriptor) == 0 ? 0 : errno
      code.withLock { $0 = result }
      done.signal()
    }
  }

  /// 0, or the number of the error.
  func wait() -> Int32 {
    done.wait()
    return code.withLock { $0 }
  }
}
