import Foundation
import GenkiRPC

/// The two daemons.
enum DaemonKind: String, CaseIterable, Sendable {
  case miner
  case validator

  /// Where it listens by default: the user's own first, then the system's; of each the operators'
  /// socket before the readers'.
  func socketPaths(environment: [String: String]) -> [String] {
    var paths: [String] = []
    if let folder = Self.folder(environment["XDG_RUNTIME_DIR"]) {
      paths.append("\(folder)/genki/\(rawValue).sock")
    }
    let home = Self.folder(environment["HOME"]) ?? NSHomeDirectory()
    let state = Self.folder(environment["XDG_STATE_HOME"]) ?? "\(home)/.local/state"
    paths.append("\(state)/genki/\(rawValue)/rpc.sock")
    paths.append("/run/genki-\(rawValue)d/rpc.sock")
    return paths.flatMap { [$0, RPCSocketPath.readers(beside: $0)] }
  }

  /// An absolute folder; others are ignored, as XDG wants it.
  private static func folder(_ path: String?) -> String? {
    guard var path, path.hasPrefix("/") else { return nil }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
