import Foundation
import GenkiChain
import GenkiConsole
import GenkiCore
import GenkiHTTP
import GenkiHub
import GenkiService
import GenkiStore

/// Opens what a configuration names.
public enum NodeSections {
  /// The chain.
  ///
  /// - Parameter notebook: What a client of nodes keeps between runs.
  public static func chain(
    _ section: ChainSection, notebook: any ChainNotebook
  ) throws -> any Chain {
    switch section.kind {
    case .local: try localChain(section)
    case .subtensor: try subtensorChain(section, notebook: notebook)
    }
  }

  /// A subtensor chain; nothing is asked yet.
  public static func subtensorChain(
    _ section: ChainSection, notebook: any ChainNotebook
  ) throws -> SubtensorChain {
    var settings = HTTPClientSettings()
    settings.userAgent = "genki-dama/\(ProgramVersion.current)"
    settings.certificateBundlePath = section.certificatesPath
    let client = HTTPClient(settings)
    return try SubtensorChain(
      try section.urls.map { try HTTPNodeTransport(address: $0, client: client) },
      netuid: section.netuid, mechanism: section.mechanism, notebook: notebook,
      now: MonotonicClock.seconds)
  }

  /// The embedded chain.
  ///
  /// - Parameter settings: Of a ledger that is made now; a ledger that is there has its own.
  public static func localChain(
    _ section: ChainSection, settings: LocalChainSettings = LocalChainSettings()
  ) throws -> LocalChain {
    try makeFolder(of: section.localPath)
    return try LocalChain(
      path: section.localPath, netuid: section.netuid, settings: settings,
      blockSeconds: section.localBlockSeconds, now: { Date().timeIntervalSince1970 })
  }

  /// The hub.
  ///
  /// - Parameter uploadsFolder: Where uploads note how far they are.
  public static func hub(
    _ section: HubSection, wallet: WalletSection, uploadsFolder: String?
  ) throws -> any Hub {
    let account = section.account ?? wallet.name
    switch section.kind {
    case .directory:
      try makeFolder(of: section.path)
      return try DirectoryHub(path: section.path, account: account)
    case .huggingface:
      return try HubOpener(section, environment: ProcessInfo.processInfo.environment)
        .open(account: account, uploadsFolder: uploadsFolder)
    }
  }

  /// Everything that a daemon works with.
  ///
  /// - Parameter signer: The hotkey, which `HotkeyOpener` opens.
  public static func context(
    role: Store.Role, folder: StateFolder, signer: any Signer, wallet: WalletSection,
    chain: ChainSection, hub: HubSection, observer: any NodeObserver
  ) throws -> NodeContext {
    let store = try Store(path: folder.database, role: role)
    return NodeContext(
      chain: try self.chain(chain, notebook: StoreNotebook(store)),
      hub: try self.hub(hub, wallet: wallet, uploadsFolder: try folder.folder(.uploads)),
      store: store, signer: signer,
      cache: try ModelCache(
        folder: try cacheFolder(hub, in: folder), bytesMaximum: hub.cacheBytesMaximum),
      workFolder: try folder.folder(role == .miner ? .jobs : .rounds),
      now: { Date().timeIntervalSince1970 }, observer: observer)
  }

  /// The folder of fetched models, shared with other daemons if one is configured.
  private static func cacheFolder(_ section: HubSection, in state: StateFolder) throws -> String {
    guard let path = section.cachePath else { return try state.folder(.models) }
    try makeFolder(of: path)
    return path
  }

  /// The folder above a shared file: made on first use.
  private static func makeFolder(of path: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError.cannotCreate(path: folder, code: errno == 0 ? EACCES : errno)
    }
  }
}
