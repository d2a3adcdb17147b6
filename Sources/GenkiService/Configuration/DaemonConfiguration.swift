// The sections that both daemons have. Each struct holds one section of the file with its defaults.

/// `[daemon]`.
public struct DaemonSection: Sendable, Equatable {
  /// Where the state lives: `$STATE_DIRECTORY`, else `$XDG_STATE_HOME/genki/{miner,validator}`.
  public var stateFolder: String
  /// The operators' socket: `$RUNTIME_DIRECTORY/rpc.sock`, else
  /// `$XDG_RUNTIME_DIR/genki/{miner,validator}.sock`. The readers' socket lies beside it.
  public var socket: String
  /// `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
  public var logLevel = "info"
  /// The longest time between two looks at chain and hub.
  public var pollSeconds = 2.0
}

/// `[wallet]`.
public struct WalletSection: Sendable, Equatable {
  /// The folder of all wallets; nil is `~/.bittensor/wallets`.
  public var path: String?
  /// The wallet's name.
  public var name = "default"
  /// The hotkey's name.
  public var hotkey = "default"
  /// A file whose first line is the password of an encrypted hotkey.
  public var passwordFile: String?

  /// The defaults.
  public init() {}
}

/// `[chain]`.
public struct ChainSection: Sendable, Equatable {
  /// Which chain.
  public enum Kind: String, Sendable, CaseIterable {
    /// The embedded ledger.
    case local
    /// A subtensor node.
    case subtensor
  }

  /// Which chain.
  public var kind = Kind.local
  /// Nodes of a subtensor chain, tried in this order.
  public var urls: [String] = []
  /// The subnet.
  public var netuid: UInt16 = 1
  /// The subnet's mechanism whose weights are set.
  public var mechanism: UInt8 = 0
  /// A file of certificates that are trusted instead of the system's.
  public var certificatesPath: String?
  /// `local.path`: the ledger's file, which all daemons of the machine open.
  public var localPath: String
  /// `local.block_seconds`: 0 seals by command only.
  public var localBlockSeconds = 12.0
}

/// `[hub]`.
public struct HubSection: Sendable, Equatable {
  /// Which hub.
  public enum Kind: String, Sendable, CaseIterable {
    /// A folder on this machine.
    case directory
    /// The Hugging Face Hub.
    case huggingface
  }

  /// What becomes of our own repositories of rounds that are over.
  public enum OldRepositories: String, Sendable, CaseIterable {
    /// They stay as they are.
    case keep
    /// They become private.
    case hide = "private"
    /// They are removed.
    case delete
  }

  /// Which hub.
  public var kind = Kind.directory
  /// The folder of a directory hub.
  public var path: String
  /// The address of a Hugging Face Hub; nil takes `HF_ENDPOINT`, else huggingface.co.
  public var endpoint: String?
  /// The namespace of our repositories; nil takes the wallet's name.
  public var account: String?
  /// A file with the hub's token; nil takes the credential `hub-token`, then what Python's client reads.
  public var tokenFile: String?
  /// Certificates to trust for the hub; nil for the system's.
  public var certificatesPath: String?
  /// Bytes a second down, at most; 0 for as many as come.
  public var downloadBytesPerSecond = 0
  /// Bytes a second up, at most; 0 for as many as go.
  public var uploadBytesPerSecond = 0
  /// Seconds that fetching one repository may take.
  public var fetchSecondsMaximum = 3_600
  /// The folder of fetched models, which daemons of a machine may share; nil for the daemon's own.
  public var cachePath: String?
  /// Bytes that fetched models may take on this machine.
  public var cacheBytesMaximum = 20 << 30
  /// What becomes of our own repositories of rounds that are over.
  public var oldRepositories = OldRepositories.keep
  /// Finished rounds whose repositories stay as they are in any case.
  public var keepRounds = 10
}

/// `[compute]`.
public struct ComputeSection: Sendable, Equatable {
  /// Where models are computed.
  public enum Kind: String, Sendable, CaseIterable {
    /// In this process.
    case local
    /// On the Crynux network.
    case crynux
  }

  /// Where models are computed.
  public var kind = Kind.local
  /// Worker threads; nil takes one a processor.
  public var threads: Int?
  /// Memory that a job may plan; nil takes what the machine has left.
  public var memoryBytesMaximum: Int?
}

/// `[metrics]`.
public struct MetricsSection: Sendable, Equatable {
  /// A file that is replaced with OpenMetrics text every minute; nil writes none.
  public var textfile: String?
}
