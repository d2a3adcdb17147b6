/// What the configurations of both daemons have in common.
public protocol CommonConfiguration: Sendable {
  /// Whose configuration it is.
  static var role: DaemonRole { get }
  /// Every key that stands once.
  static var settings: [Setting<Self>] { get }
  /// Sections that may stand often.
  static var lists: [SettingList<Self>] { get }
  /// `[daemon]`.
  var daemon: DaemonSection { get set }
  /// `[wallet]`.
  var wallet: WalletSection { get set }
  /// `[chain]`.
  var chain: ChainSection { get set }
  /// `[hub]`.
  var hub: HubSection { get set }
  /// `[compute]`.
  var compute: ComputeSection { get set }
  /// `[metrics]`.
  var metrics: MetricsSection { get set }
  /// What is chosen in the daemon's own sections and this version cannot do.
  var unavailable: [ConfigurationProblem] { get }
  /// A configuration of defaults only.
  init(defaults: DefaultPaths)
}

extension CommonConfiguration {
  /// Nothing.
  public var unavailable: [ConfigurationProblem] { [] }

  /// The keys that both daemons have, `[metrics]` excepted, which stands last.
  static var sharedSettings: [Setting<Self>] {
    daemonSettings + walletSettings + chainSettings + hubSettings + computeSettings
  }

  private static var daemonSettings: [Setting<Self>] {
    [
      Setting(
        "daemon.state_dir", \.daemon.stateFolder, .path,
        "The daemon's database, checkpoints and cache; without it systemd's folder, else ~/.local/state.",
        example: "\"\(role.stateExample)\""),
      Setting(
        "daemon.socket", \.daemon.socket, .path,
        "The operators' socket, the readers' lies beside it; without it systemd's or the user's runtime folder.",
        example: "\"\(role.socketExample)\""),
      Setting(
        "daemon.log_level", \.daemon.logLevel,
        .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        "The least important messages that are logged."),
      Setting(
        "daemon.poll_seconds", \.daemon.pollSeconds, .number(0.05...3600),
        "The longest time between two looks at chain and hub."),
    ]
  }

  private static var walletSettings: [Setting<Self>] {
    [
      Setting(
        "wallet.path", \.wallet.path, .path,
        "The folder of all wallets; without it ~/.bittensor/wallets.",
        example: #""~/.bittensor/wallets""#),
      Setting("wallet.name", \.wallet.name, .name, "The wallet's name."),
      Setting("wallet.hotkey", \.wallet.hotkey, .name, "The name of the wallet's hotkey."),
      Setting(
        "wallet.password_file", \.wallet.passwordFile, .path,
        "A file of mode 0600 with an encrypted hotkey's password; without it the credential wallet-password.",
        example: #""hotkey-password""#),
    ]
  }

  private static var chainSettings: [Setting<Self>] {
    [
      Setting(
        "chain.kind", \.chain.kind, .choice(ChainSection.Kind.allCases.map(\.rawValue)),
        "The embedded ledger of this machine, or a subtensor node."),
      Setting(
        "chain.url", \.chain.urls,
        .list(of: .url(schemes: ["https", "http", "wss", "ws"]), isSingleAllowed: true),
        "Nodes of a subtensor chain, asked by HTTP POST; the first that answers is used.",
        example: #"["https://test.finney.opentensor.ai"]"#),
      Setting("chain.netuid", \.chain.netuid, .integer(0...65535), "The number of the subnet."),
      Setting(
        "chain.mechanism", \.chain.mechanism, .integer(0...15),
        "The subnet's mechanism whose weights are set; most subnets have only 0."),
      Setting(
        "chain.ca_file", \.chain.certificatesPath, .path,
        "Certificates that are trusted for chain.url instead of the system's.",
        example: #""node-ca.pem""#),
      Setting(
        "chain.local.path", \.chain.localPath, .path,
        "The embedded ledger's file, which all daemons of the machine open; without it beside the states.",
        example: "\"\(DefaultPaths.systemSharedFolder)/chain.sqlite\""),
      Setting(
        "chain.local.block_seconds", \.chain.localBlockSeconds, .number(0...86400),
        "Seconds from block to block of the embedded ledger; 0 seals by command only."),
    ]
  }

  private static var hubSettings: [Setting<Self>] {
    [
      Setting(
        "hub.kind", \.hub.kind, .choice(HubSection.Kind.allCases.map(\.rawValue)),
        "A folder of this machine, or the Hugging Face Hub."),
      Setting(
        "hub.path", \.hub.path, .path,
        "The folder of a directory hub; without it beside the daemons' states.",
        example: "\"\(DefaultPaths.systemSharedFolder)/hub\""),
      Setting(
        "hub.endpoint", \.hub.endpoint, .url(schemes: ["https", "http"]),
        "The address of a Hugging Face Hub or a mirror; without it $HF_ENDPOINT, else https://huggingface.co.",
        example: #""https://huggingface.co""#),
      Setting(
        "hub.account", \.hub.account, .name,
        "The namespace of our repositories, a user or an organization; without it the wallet's name.",
        example: #""my-account""#),
      Setting(
        "hub.token_file", \.hub.tokenFile, .path,
        "A file of mode 0600 with the hub's token; without it the credential hub-token, else $HF_TOKEN.",
        example: #""hub-token""#),
      Setting(
        "hub.ca_file", \.hub.certificatesPath, .path,
        "Certificates that are trusted for hub.endpoint instead of the system's.",
        example: #""hub-ca.pem""#),
      Setting(
        "hub.download_bytes_per_second", \.hub.downloadBytesPerSecond, .integer(0...1 << 40),
        "Bytes a second that all downloads together may take; 0 for no limit."),
      Setting(
        "hub.upload_bytes_per_second", \.hub.uploadBytesPerSecond, .integer(0...1 << 40),
        "Bytes a second that all uploads together may take; 0 for no limit."),
      Setting(
        "hub.fetch_seconds_max", \.hub.fetchSecondsMaximum, .integer(1...604_800),
        "Seconds that fetching one repository may take; a slow one costs its own time only."),
      Setting(
        "hub.cache_dir", \.hub.cachePath, .path,
        "The folder of fetched models, which daemons may share; without it one in daemon.state_dir.",
        example: "\"\(DefaultPaths.systemSharedFolder)/models\""),
      Setting(
        "hub.cache_bytes_max", \.hub.cacheBytesMaximum, .integer(1 << 20...1 << 50),
        "Bytes that fetched models may take on this machine."),
      Setting(
        "hub.old_repositories", \.hub.oldRepositories,
        .choice(HubSection.OldRepositories.allCases.map(\.rawValue)),
        "What becomes of our own repositories of old rounds; no other repository is ever touched."),
      Setting(
        "hub.keep_rounds", \.hub.keepRounds, .integer(1...100_000),
        "Finished rounds whose repositories stay as they are in any case."),
    ]
  }

  private static var computeSettings: [Setting<Self>] {
    [
      Setting(
        "compute.kind", \.compute.kind, .choice(ComputeSection.Kind.allCases.map(\.rawValue)),
        "In this process, or on the Crynux network."),
      Setting(
        "compute.threads", \.compute.threads, .integer(1...1024),
        "Worker threads; without it one a processor.", example: "4"),
      Setting(
        "compute.memory_bytes_max", \.compute.memoryBytesMaximum, .integer(1 << 24...1 << 50),
        "Bytes of memory that a job may plan; without it what the machine has left.",
        example: "8_589_934_592"),
    ]
  }

  /// `[metrics]`.
  static var metricsSettings: [Setting<Self>] {
    [
      Setting(
        "metrics.textfile", \.metrics.textfile, .path,
        "A file that is replaced with OpenMetrics text every minute; without it none is written.",
        example: "\"/var/lib/prometheus/node-exporter/genki-\(role.rawValue).prom\"")
    ]
  }
}
