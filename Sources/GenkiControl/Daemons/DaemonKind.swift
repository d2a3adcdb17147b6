import Foundation

/// The two daemons.
enum DaemonKind: String, CaseIterable, Sendable {
  case miner
  case validator

  /// Where it listens by default: the user's own first, then the system's, whose readers' socket is
  /// the last resort.
  func socketPaths(environment: [String: String]) -> [String] {
    var paths: [String] = []
    if let folder = Self.folder(environment["XDG_RUNTIME_DIR"]) {
      paths.append("\(folder)/genki/\(rawValue).sock")
    }
    let home = Self.folder(environment["HOME"]) ?? NSHomeDirectory()
    let state = Self.folder(environment["XDG_STATE_HOME"]) ?? "\(home)/.local/state"
    paths.append("\(state)/genki/\(rawValue)/rpc.sock")
    let system = "/run/genki-\(rawValue)d"
    return paths + ["\(system)/rpc.sock", "\(system)/rpc-read.sock"]
  }

  /// An absolute folder; others are ignored, as XDG wants it.
  private static func folder(_ path: String?) -> String? {
    guard var path, path.hasPrefix("/") else { return nil }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
