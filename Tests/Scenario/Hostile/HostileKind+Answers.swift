import TestSupport

/// Repositories that are not there, or whose hub misbehaves when it is asked.
extension HostileKind {
  static let answers: [HostileKind] = [
    HostileKind(
      name: "no such repository", verdict: .unavailable, reason: "does not exist or is private",
      spoil: { $0.vanish($1) }),
    HostileKind(
      name: "a private repository", verdict: .unavailable,
      reason: "does not exist or is private", spoil: { $0.hide($1) }),
    HostileKind(
      name: "a gated repository", verdict: .unavailable, reason: "403",
      spoil: { $0.hide($1, isGated: true) }),
    HostileKind(
      name: "a repository taken down", verdict: .unavailable, reason: "taken it down",
      spoil: { $0.vanish($1, isTakenDown: true) }),
    HostileKind(
      name: "no such revision", verdict: .unavailable, reason: "it has no revision",
      namesNoRevision: true),
    HostileKind(
      name: "401 for everything", verdict: .unavailable, reason: "401",
      fault: { _, _ in .status(401) }),
    HostileKind(
      name: "a file gone after the listing", verdict: .unavailable, reason: "does not exist",
      fault: { $1.isFile ? .status(404, headers: ["X-Error-Code: EntryNotFound"]) : nil }),
    silent,
    hanging("silence at the file", "was not done in time: 0 B of 32.4 KiB") {
      $1.isFile ? .silence : nil
    },
    hanging("a byte now and then", "was not done in time") { $1.isContent ? .drip : nil },
    hanging("half of the file and no more", "was not done in time") {
      $1.isContent ? .stall(after: 10_000) : nil
    },
    later("resets", "Connection reset") { _, _ in .reset },
    later("500 for ever", "500") { _, _ in .status(500) },
    later("503 for the file", "503") { $1.isContent ? .status(503) : nil },
    later("429 until the year 2049", "429") { _, _ in
      .status(429, headers: ["Retry-After: 725760000"])
    },
    later("a redirect in circles", "redirects") { $1.isContent ? .redirect($1.target) : nil },
    later("a redirect to a file", "redirects") {
      $1.isContent ? .redirect("file:///etc/passwd") : nil
    },
    later("a redirect to where nobody listens", "no connection") {
      $1.isContent ? .redirect("http://127.0.0.1:9/") : nil
    },
    later("a listing moved to another host", "302") {
      $1.isListing ? .redirect("http://127.0.0.1:9/") : nil
    },
    later("a connection cut at the first byte", "the connection broke") {
      $1.isContent ? .cut(after: 0) : nil
    },
    endlessFile,
    wrong("a file one byte longer", "longer than its listing") {
      $1.isContent ? .longer(by: 1) : nil
    },
    HostileKind(
      name: "a file shorter than its listing", verdict: bad, reason: "model.safetensors",
      spoil: { $0.state(60_000, of: "model.safetensors", in: $1) }),
    wrong("a wrong byte", "is not what it states") { $1.isContent ? .corrupt : nil },
    wrong("other content after the listing", "is not what it states") { forge, request in
      request.isContent ? .answer(forge.changed { _ in 7 }) : nil
    },
    wrong("a page of HTML for a file", "model.safetensors") {
      $1.isContent ? .answer(Array("<html>busy</html>".utf8)) : nil
    },
    HostileKind(
      name: "a wrong byte in a small file", verdict: bad, reason: "is not what it states",
      files: {
        [
          "adapter_config.json": adapterJSON(),
          "adapter_model.safetensors": $0.adapter(module: "x"),
        ]
      },
      fault: { $1.path.hasSuffix("adapter_config.json") ? .corrupt : nil }),
  ]

  /// Each of five files never comes.
  static let hangingShards = HostileKind(
    name: "shards that never come", verdict: .unavailable, reason: "in time",
    files: { forge in
      let shards = (1...5).map { shard in
        ("model-0000\(shard)-of-00005.safetensors", Array(forge.weights.prefix(2_000 + shard)))
      }
      return Dictionary(shards + [("model.safetensors.index.json", Array("{}".utf8))]) { $1 }
    }, fault: { $1.isFile ? .silence : nil }, hangs: true)

  /// Takes a connection and says nothing.
  static let silent = hanging("silence", "did not answer in time: it takes longer than it may") {
    _, _ in .silence
  }

  /// Sends bytes as fast as they are taken.
  static let endlessFile = wrong("a file without end", "longer than its listing") {
    $1.isContent ? .endless : nil
  }

  typealias Fault = @Sendable (HostileForge, StandInHub.Request) -> StandInHub.Fault?

  private static func hanging(
    _ name: String, _ reason: String, _ fault: @escaping Fault
  ) -> HostileKind {
    HostileKind(name: name, verdict: .unavailable, reason: reason, fault: fault, hangs: true)
  }

  private static func later(
    _ name: String, _ reason: String, _ fault: @escaping Fault
  ) -> HostileKind {
    HostileKind(name: name, verdict: .unavailable, reason: reason, fault: fault)
  }

  private static func wrong(
    _ name: String, _ reason: String, _ fault: @escaping Fault
  ) -> HostileKind {
    HostileKind(name: name, verdict: bad, reason: reason, fault: fault)
  }
}
