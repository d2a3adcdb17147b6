import Foundation
import GenkiCore
import GenkiHTTP
import GenkiHub

/// Another process beside a test: it shares the test's cache and does what the lines of its standard
/// input say, each of which it answers by one line. It ends with its input, or where it is told to die.
final class CachePeer {
  private let cache: ModelCache
  private let hub: PeerHub
  private let repository: RepositoryID
  private let limits = FileLimits(bytesTotal: 1 << 20)

  /// - Parameter arguments: The cache's folder and its bytes, the hub's folder and the repository, the
  ///   number of the step to die at or 0, and `hold` to wait in each download for a line of input.
  init?(_ arguments: [String]) {
    guard arguments.count >= 6, let bytesMaximum = Int(arguments[2]),
      let repository = RepositoryID(arguments[4]), let deadly = Int(arguments[5])
    else { return nil }
    self.repository = repository
    let steps = Guarded(0)
    do {
      hub = PeerHub(
        inner: try DirectoryHub(path: arguments[3], account: "peer"),
        holds: arguments.count > 6 && arguments[6] == "hold")
      cache = try ModelCache(
        folder: arguments[1], bytesMaximum: bytesMaximum, downloadsAtOnce: 1,
        availableBytes: { _ in nil }
      ) { step in
        let number = steps.withLock { count in
          count += 1
          return count
        }
        if step == .waiting { Self.say("waiting") }
        if number == deadly { kill(getpid(), SIGKILL) }
      }
    } catch {
      Self.say("\(error)")
      return nil
    }
  }

  /// Writes a line at once.
  static func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
  }

  /// Works until the input ends.
  func run() -> Int32 {
    Self.say("ready")
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      let revision = words.count > 1 ? Revision(hex: words[1]) : nil
      do {
        Self.say(try answer(words.first ?? "", revision))
      } catch {
        Self.say("failed \(error)")
      }
    }
    return 0
  }

  private func answer(_ command: String, _ revision: Revision?) throws -> String {
    if command == "used" { return "\(cache.bytesUsed)" }
    guard let revision else { return "what?" }
    switch command {
    case "fetch":
      let files = try SubmissionFiles(
        listing: hub.list(repository, revision: revision), limits: limits)
      try cache.fetch(
        hub: hub, repository: repository, revision: revision, files: files.entries,
        limits: limits, progress: { _ in })
      return "fetched \(hub.downloads.withLock { $0 })"
    case "pin": cache.pin(repository, revision: revision)
    case "unpin": cache.unpin(repository, revision: revision)
    case "remove": try cache.remove(repository, revision: revision)
    case "path":
      return cache.path(repository, revision: revision) == nil ? "none" : "there"
    default: return "what?"
    }
    return "done"
  }
}

extension CachePeer? {
  /// 64 without the right arguments.
  func run() -> Int32 { self?.run() ?? 64 }
}
