import Foundation

/// Which daemon.
public enum DaemonRole: String, Sendable, CaseIterable {
  /// `genki-minerd`.
  case miner
  /// `genki-validatord`.
  case validator

  /// The program.
  public var program: String { self == .miner ? "genki-minerd" : "genki-validatord" }
  /// The name of its configuration file: `minerd.toml`.
  public var configurationName: String { self == .miner ? "minerd.toml" : "validatord.toml" }
  /// The state folder that its unit has.
  package var stateExample: String { "/var/lib/genki-\(rawValue)" }
  /// The socket that its unit has.
  var socketExample: String { "/run/genki-\(rawValue)/rpc.sock" }
}

/// Where things lie unless the configuration says otherwise.
public struct DefaultPaths: Sendable, Equatable {
  /// The daemon's own state.
  public var stateFolder: String
  /// The operators' socket.
  public var socket: String
  /// The embedded ledger, shared by the daemons of the machine.
  public var ledger: String
  /// The directory hub, shared likewise.
  public var hub: String

  /// The folder that tmpfiles.d makes for what daemons under systemd share.
  public static let systemSharedFolder = "/var/lib/genki/shared"

  /// Defaults as the environment says: systemd's folders, else those of the XDG specification.
  ///
  /// - Parameters:
  ///   - role: Whose.
  ///   - environment: `STATE_DIRECTORY`, `RUNTIME_DIRECTORY`, `XDG_STATE_HOME`, `XDG_RUNTIME_DIR`,
  ///     `HOME`.
  ///   - systemSharedFolder: Taken under systemd where it is there.
  public init(
    role: DaemonRole, environment: [String: String],
    systemSharedFolder: String = Self.systemSharedFolder
  ) {
    let home = Self.folder(environment["HOME"]) ?? NSHomeDirectory()
    let userState =
      (Self.folder(environment["XDG_STATE_HOME"]) ?? "\(home)/.local/state") + "/genki"
    // systemd lists several folders with colons between them; ours comes first.
    let systemState = Self.folder(Self.first(environment["STATE_DIRECTORY"]))
    stateFolder = systemState ?? "\(userState)/\(role.rawValue)"
    if let runtime = Self.folder(Self.first(environment["RUNTIME_DIRECTORY"])) {
      socket = "\(runtime)/rpc.sock"
    } else if let runtime = Self.folder(environment["XDG_RUNTIME_DIR"]) {
      socket = "\(runtime)/genki/\(role.rawValue).sock"
    } else {
      socket = "\(stateFolder)/rpc.sock"
    }
    let isSystem = systemState != nil && Self.isFolder(systemSharedFolder)
    let shared = isSystem ? systemSharedFolder : "\(userState)/shared"
    ledger = "\(shared)/chain.sqlite"
    hub = "\(shared)/hub"
  }

  /// An absolute folder without a slash at its end; relative ones are ignored, as XDG wants it.
  private static func folder(_ path: String?) -> String? {
    guard var path, path.hasPrefix("/") else { return nil }
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }

  private static func first(_ list: String?) -> String? {
    list?.split(separator: ":").first.map(String.init)
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
