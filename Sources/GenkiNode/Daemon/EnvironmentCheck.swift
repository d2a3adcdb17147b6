import Foundation
import GenkiChain
import GenkiCore
import GenkiService

/// What `check` looks at: everything that a start needs, without changing anything.
public struct EnvironmentCheck: Sendable {
  /// One thing that was looked at.
  public struct Finding: Sendable, Hashable {
    /// A stable name.
    public var name: String
    /// Whether a start can go on.
    public var isGood: Bool
    /// What was found.
    public var message: String

    /// As `check --json` shows it.
    public var json: JSONValue {
      ["name": .string(name), "ok": .bool(isGood), "message": .string(message)]
    }
  }

  /// In the order in which they were looked at.
  public private(set) var findings: [Finding] = []

  /// Nothing looked at yet.
  public init() {}

  /// Whether a start can go on.
  public var isGood: Bool { findings.allSatisfy(\.isGood) }

  /// Looks at one thing; `body` says what was found or throws what is wrong.
  public mutating func look(_ name: String, _ body: () throws -> String) {
    do {
      findings.append(Finding(name: name, isGood: true, message: try body()))
    } catch let error as any ReportableError {
      findings.append(Finding(name: name, isGood: false, message: error.description))
    } catch {
      findings.append(Finding(name: name, isGood: false, message: "\(error)"))
    }
  }

  /// What both daemons need.
  ///
  /// - Parameter opensHotkey: Decrypt an encrypted hotkey to see that its password is right.
  public mutating func lookAtCommon(
    daemon: DaemonSection, wallet: WalletSection, chain: ChainSection, hub: HubSection,
    coordinator: String?, opensHotkey: Bool
  ) {
    look("state folder") { try Self.place(daemon.stateFolder, isFolder: true) }
    look("socket") { try Self.place(daemon.socket, isFolder: false) }
    look("hotkey") {
      let environment = ProcessInfo.processInfo.environment
      return try HotkeyOpener(wallet, environment: environment).look(opens: opensHotkey)
    }
    look("chain") { try Self.place(chain.localPath, isFolder: false) }
    look("hub") { try Self.place(hub.path, isFolder: true) }
    look("coordinator") {
      guard let coordinator else {
        return "none is configured: the daemon will wait and say so (round.coordinator)"
      }
      return "rounds are announced by \(try SS58Address.bittensor(coordinator))"
    }
  }

  /// A path that is there and ours to write, or that can be made.
  static func place(_ path: String, isFolder: Bool) throws -> String {
    if FileManager.default.fileExists(atPath: path) {
      guard access(path, isFolder ? R_OK | W_OK | X_OK : R_OK | W_OK) == 0 else {
        throw FileError.cannotWrite(path: path, code: errno)
      }
      return "\(path) is there"
    }
    var parent = URL(filePath: path).deletingLastPathComponent()
    while !FileManager.default.fileExists(atPath: parent.path), parent.path != "/" {
      parent = parent.deletingLastPathComponent()
    }
    guard access(parent.path, W_OK | X_OK) == 0 else {
      throw FileError.cannotCreate(path: path, code: errno)
    }
    return "\(path) is made at the first start"
  }
}
