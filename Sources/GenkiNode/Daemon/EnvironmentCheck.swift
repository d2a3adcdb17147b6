import Foundation
import GenkiChain
import GenkiCore
import GenkiService
import GenkiStore

/// What `check` looks at: everything that a start needs, without changing anything.
public struct EnvironmentCheck: Sendable {
  /// How a finding came out.
  public enum Grade: Sendable, Hashable {
    /// As it should be.
    case good
    /// A start can go on, but somebody should look.
    case warning
    /// A start cannot go on.
    case failed
  }

  /// One thing that was looked at.
  public struct Finding: Sendable, Equatable {
    /// A stable name.
    public var name: String
    /// How it came out.
    public var grade: Grade
    /// What was found.
    public var message: String
    /// The same in figures, for machines; nil where the message has none.
    public var details: JSONObject?

    /// As `check --json` shows it.
    public var json: JSONValue {
      var result: JSONObject = [
        "name": .string(name), "ok": .bool(isGood), "warning": .bool(grade == .warning),
        "message": .string(message),
      ]
      if let details { result["details"] = .object(details) }
      return .object(result)
    }

    /// Whether a start can go on.
    public var isGood: Bool { grade != .failed }
  }

  /// In the order in which they were looked at.
  public private(set) var findings: [Finding] = []

  /// Nothing looked at yet.
  public init() {}

  /// Whether a start can go on.
  public var isGood: Bool { findings.allSatisfy(\.isGood) }

  /// Notes what was found elsewhere.
  public mutating func note(
    _ name: String, _ message: String, _ grade: Grade, details: JSONObject? = nil
  ) {
    findings.append(Finding(name: name, grade: grade, message: message, details: details))
  }

  /// Looks at one thing; `body` says what was found or throws what is wrong.
  public mutating func look(_ name: String, _ body: () throws -> String) {
    grade(name) { (try body(), .good) }
  }

  /// Looks at one thing; `body` says what was found and how it came out, or throws what is wrong.
  public mutating func grade(_ name: String, _ body: () throws -> (String, Grade)) {
    do {
      let (message, grade) = try body()
      note(name, message, grade)
    } catch let error as any ReportableError {
      note(name, error.description, .failed)
    } catch {
      note(name, "\(error)", .failed)
    }
  }

  /// What both daemons need.
  ///
  /// - Parameters:
  ///   - publication: What would be published next on a hub of the network; nil if nothing is.
  ///   - opensHotkey: Decrypt an encrypted hotkey to see that its password is right.
  public mutating func lookAtCommon(
    daemon: DaemonSection, wallet: WalletSection, chain: ChainSection, hub: HubSection,
    coordinator: String?, isValidator: Bool, publication: HubPublication?, opensHotkey: Bool
  ) {
    look("state folder") { try Self.place(daemon.stateFolder, isFolder: true) }
    look("socket") { try Self.place(daemon.socket, isFolder: false) }
    look("hotkey") {
      let environment = ProcessInfo.processInfo.environment
      return try HotkeyOpener(wallet, environment: environment).look(opens: opensHotkey)
    }
    if chain.kind == .local {
      look("chain") { try Self.place(chain.localPath, isFolder: false) }
    } else {
      let hotkey = try? Wallet(basePath: wallet.path ?? Wallet.defaultBasePath, name: wallet.name)
        .hotkeyAddress(wallet.hotkey)
      ChainCheck(
        chain,
        genesis: Store.chainGenesis(path: StateFolder.database(in: daemon.stateFolder)),
        hotkey: hotkey, coldkey: ChainMethods.coldkey(of: wallet),
        isValidator: isValidator
      ).look(&self)
    }
    switch hub.kind {
    case .directory: look("hub") { try Self.place(hub.path, isFolder: true) }
    case .huggingface:
      HubCheck(
        hub, wallet: wallet, stateFolder: daemon.stateFolder,
        environment: ProcessInfo.processInfo.environment, isValidator: isValidator,
        publication: publication
      ).look(&self)
    }
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
    guard access(existing(above: path), W_OK | X_OK) == 0 else {
      throw FileError.cannotCreate(path: path, code: errno)
    }
    return "\(path) is made at the first start"
  }

  /// A path, or the nearest folder above it that is there.
  static func existing(above path: String) -> String {
    var place = URL(filePath: path)
    while !FileManager.default.fileExists(atPath: place.path), place.path != "/" {
      place = place.deletingLastPathComponent()
    }
    return place.path
  }
}
