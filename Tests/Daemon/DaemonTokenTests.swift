import Foundation
import GenkiCore
import GenkiDemo
import TestSupport
import Testing

/// Daemons on a hub that repeats what it is told: their tokens stand nowhere afterwards.
@Suite(.serialized) struct DaemonTokenTests {
  private static let tokens = ["hf_c00rd1nat0rs0wnt0ken", "hf_m1nersve4y0wnt0ken00"]
  private static let callSecondsMaximum = 30

  private let stage: DaemonCast
  private let coordinator: StageDaemon
  private let miner: StageDaemon
  private let server: StandInHub
  private let other: StandInHub
  private let secrets: TemporaryFolder

  init() throws {
    stage = try DaemonCast(minerSteps: 2)
    coordinator = stage.cast.coordinator
    miner = try #require(stage.cast.miners.first)
    server = try StandInHub(
      tokens: [Self.tokens[0]: coordinator.name, Self.tokens[1]: miner.name])
    other = try StandInHub()
    secrets = try TemporaryFolder()
    // One from a file, the other from the environment; a level that tells everything.
    let path = try secrets.write(Self.tokens[0] + "\n", to: "token")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    try configure(coordinator, "token_file = \"\(path)\"")
    try configure(miner, "")
    miner.environment["HF_TOKEN"] = Self.tokens[1]
    for daemon in [coordinator, miner] { daemon.environment["GENKI_DAEMON_LOG_LEVEL"] = "trace" }
  }

  /// Puts the hub of this test in the place of the folder.
  private func configure(_ daemon: StageDaemon, _ more: String) throws {
    let text = try TextFile.readString(daemon.configurationPath, sizeLimit: 1 << 20)
    let hub = """
      kind = "huggingface"
      endpoint = "\(server.endpoint)"
      fetch_seconds_max = 60
      \(more)

      """
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
      !$0.hasPrefix("path = \"\(stage.cast.stage.hubPath)\"")
    }
    try AtomicFile.write(
      lines.joined(separator: "\n").replacing("kind = \"directory\"\n", with: hub),
      to: daemon.configurationPath)
  }

  /// Everything that a reader of the socket or of the programs can get of a daemon.
  private func told(by daemon: StageDaemon) throws -> [String] {
    var texts: [String] = []
    for method in [
      "config.get", "status", "metrics.get", "state.check", "hub.check", "chain.extrinsics",
      "rpc.discover",
    ] {
      texts.append("\(method): \(try daemon.call(method).encoded())")
    }
    for arguments in [["doctor"], ["status"]] {
      let run = try ProgramRun(
        "genkictl", ["--socket", daemon.socketPath] + arguments,
        secondsMaximum: Self.callSecondsMaximum)
      texts.append("\(arguments): \(run.output)\(run.errors)")
    }
    let process = try #require(daemon.processIdentifier)
    let line = try TextFile.readBytes("/proc/\(process)/cmdline", sizeLimit: 1 << 16)
    texts.append("cmdline: \(String(decoding: line, as: UTF8.self))")
    return texts
  }

  private func expectNothingIsTold() throws {
    let hidden = Self.tokens + [StandInHub.signature]
    for daemon in [coordinator, miner] {
      for text in try told(by: daemon) {
        for secret in hidden { #expect(!text.contains(secret), "\(daemon.name): \(text)") }
      }
    }
    // States, logs, models, configurations: everything that the daemons have written.
    #expect(try SecretEcho.findings(in: stage.folder.path, of: hidden) == [])
    for request in other.requests + server.requests.filter({ $0.host == .storage }) {
      #expect(request.headers["authorization"] == nil, "\(request.target)")
    }
  }

  /// What `hub.check` says of a publication that is on the hub by now, and writes nothing there.
  private func expectTheCheckKnowsWhatWasPublished() throws {
    let before = server.requests.count
    let items = try miner.call("hub.check")["items"]?.arrayValue ?? []
    #expect(items.allSatisfy { $0["ok"] == true && $0["warning"] == false }, "\(items)")
    let repository = items.first { $0["name"] == "hub repository" }
    #expect(repository?["details"]?["repository"] == .string("\(miner.name)/model-r1"))
    #expect(repository?["details"]?["exists"] == true)
    let files = items.first { $0["name"] == "hub upload" }?["details"]?["files"]?.arrayValue ?? []
    let weights = files.first { $0["name"] == "model.safetensors" }
    #expect(weights?["way"] == "lfs")
    #expect(
      weights?["bytes"]?.intValue
        == server.content(of: "model.safetensors", in: "\(miner.name)/model-r1")?.count)
    let names = Set(files.compactMap { $0["name"]?.stringValue })
    #expect(names.isSuperset(of: ["README.md", "config.json", "tokenizer.json"]), "\(names)")
    // The daemons go on meanwhile: the check's own requests are those for what nobody else asks.
    let asked = server.requests.dropFirst(before).filter { $0.path.contains("whoami") }
    #expect(asked.map(\.method) == ["GET"])
    let next = try coordinator.call("hub.check")["items"]?.arrayValue ?? []
    let base = next.first { $0["name"] == "hub repository" }
    #expect(base?["details"]?["visibility"] == "public", "\(next)")
    let missing = next.first { $0["name"] == "hub upload" }?["details"]?["certain"]
    #expect(missing == false)
  }

  @Test func aRoundOnAHubThatRepeatsTheTokens() throws {
    let (server, other) = (server, other)
    // Each request that is new in its kind meets a trouble that passes, then an honest hub.
    let troubles = PassingTroubles(other: other.endpoint)
    server.misbehave { troubles.fault($0) }
    for daemon in [coordinator, miner] { try daemon.start() }
    for daemon in [coordinator, miner] { try daemon.waitUntilReady() }
    // The miner may not make its repository, in the hub's own words.
    let minersToken = "Bearer \(Self.tokens[1])"
    server.misbehave { request in
      if request.headers["authorization"] == minersToken, request.method == "POST" {
        return SecretEcho.Trouble.forbidden.fault(request, other: other.endpoint)
      }
      return troubles.fault(request)
    }
    try stage.seal([coordinator, miner]) {
      try miner.status()["submission"]?["state"]?.stringValue == "failed"
    }
    let reason = try miner.status()["submission"]?["reason"]?.stringValue ?? ""
    #expect(reason.contains("(secret)"), "\(reason)")
    try expectNothingIsTold()
    // The operator tries again: what goes wrong now passes by itself.
    server.misbehave { troubles.fault($0) }
    let submission = try #require(try miner.status()["submission"]?["id"]?.intValue)
    try miner.call("submission.commit", ["id": JSONValue(submission)])
    let job = try #require(try miner.status()["job"]?["id"]?.intValue)
    let watch = try ProgramRun(
      "genkictl", ["--socket", miner.socketPath, "job", "watch", "\(job)"],
      secondsMaximum: Self.callSecondsMaximum)
    for secret in Self.tokens { #expect(!(watch.output + watch.errors).contains(secret)) }
    try stage.seal([coordinator, miner]) {
      let state = try miner.status()["submission"]?["state"]?.stringValue
      return ["submitted", "included", "final", "public", "verified"].contains(state)
    }
    #expect(troubles.count > 2)
    try expectTheCheckKnowsWhatWasPublished()
    try expectNothingIsTold()
  }
}
