import Logging

/// Hands what a swift-log logger says to the ``DaemonLog``.
struct DaemonLogHandler: LogHandler {
  /// Parts of keys that name a secret: such values are never written.
  private static let secretWords = [
    "password", "passphrase", "secret", "token", "mnemonic", "seed_phrase", "private",
    "authorization",
    "api_key",
  ]
  /// Keys that hold one of the words and are no secret.
  private static let harmlessKeys: Set = [
    "tokens", "tokens_per_second", "tokenizer", "token_count",
  ]

  let log: DaemonLog
  let label: String
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  private var ownLevel: Logger.Level?

  init(log: DaemonLog, label: String) {
    self.log = log
    self.label = label
  }

  var logLevel: Logger.Level {
    get { ownLevel ?? log.level }
    set { ownLevel = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadataProvider?.get() ?? [:]
    all.merge(metadata) { $1 }
    if let own = event.metadata { all.merge(own) { $1 } }
    if let error = event.error { all["error"] = "\(error)" }
    let entry = LogEntry(
      time: WallClock.seconds(), level: event.level, source: label,
      message: Self.safe(event.message.description),
      metadata: all.sorted { $0.key < $1.key }.map { key, value in
        (key: Self.safe(key), value: Self.isSecret(key) ? "***" : Self.safe("\(value)"))
      })
    log.write(entry)
  }

  private static func safe(_ text: String) -> String {
    let limit = DaemonLog.textCharactersMaximum
    let cut =
      text.utf8.count > limit && text.count > limit ? String(text.prefix(limit)) + "…" : text
    return cut.escapingControls()
  }

  static func isSecret(_ key: String) -> Bool {
    let key = key.lowercased()
    return !harmlessKeys.contains(key) && secretWords.contains(where: key.contains)
  }
}
