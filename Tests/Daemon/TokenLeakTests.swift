import Foundation
import GenkiCore
import TestSupport
import Testing

/// The hub's token, and the signatures of its storage's addresses, are told to nobody: whatever goes
/// wrong, wherever the token comes from.
struct TokenLeakTests {
  /// Where a program finds the token.
  enum Source: String, CaseIterable, Sendable {
    case file, environment, credential
  }

  private static let token = "hf_7eLLn0b0dyAb0utTh1s0ne"
  private static let secrets = [token, StandInHub.signature]

  private let folder: TemporaryFolder
  private let server: StandInHub
  private let other: StandInHub

  init() throws {
    folder = try TemporaryFolder()
    server = try StandInHub(tokens: [Self.token: "alice"])
    other = try StandInHub()
    server.put("alice/there", files: ["model.safetensors": [UInt8](repeating: 7, count: 5_000)])
    try folder.write([UInt8](repeating: 9, count: 5_000), to: "out/model.safetensors")
    try folder.write("{}", to: "out/config.json")
    for name in ["token", "credentials/hub-token"] {
      let path = try folder.write("\(Self.token)\n", to: name)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
  }

  /// The configuration, and the variables that go with it.
  private func prepare(_ source: Source) throws -> (path: String, environment: [String: String]) {
    // A second for all attempts: a test does not wait for a hub that will not come back.
    var text = """
      [daemon]
      state_dir = "\(folder.file("work/state"))"
      [wallet]
      name = "purse"
      path = "\(folder.file("wallets"))"
      [hub]
      kind = "huggingface"
      endpoint = "\(server.endpoint)"
      account = "alice"
      fetch_seconds_max = 1

      """
    var environment = [
      "HOME": folder.file("home"), "HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "",
      "HF_TOKEN_PATH": "", "HF_HOME": "", "CREDENTIALS_DIRECTORY": "",
    ]
    switch source {
    case .file: text += "token_file = \"\(folder.file("token"))\"\n"
    case .environment: environment["HF_TOKEN"] = Self.token
    case .credential: environment["CREDENTIALS_DIRECTORY"] = folder.file("credentials")
    }
    return (try folder.write(text, to: "minerd.toml"), environment)
  }

  /// Runs every command that talks to the hub, and looks at all that it leaves behind.
  private func run(_ source: Source) throws -> [ProgramRun] {
    let (path, environment) = try prepare(source)
    let commands = [
      ["hub", "whoami"], ["hub", "list", "alice/there"],
      ["hub", "upload", "alice/new", folder.file("out")],
      ["hub", "download", "alice/there", "--out", folder.file("work/copy")],
      ["hub", "visibility", "alice/there", "public"],
      ["hub", "delete", "alice/there", "--yes"], ["check"],
    ]
    return try commands.flatMap { command in
      try [[], ["--json"]].map { form in
        let run = try ProgramRun(
          "genki-minerd", command + ["--config", path] + form, environment: environment,
          secondsMaximum: 60)
        for secret in Self.secrets {
          #expect(!run.output.contains(secret), "\(command): \(run.output)")
          #expect(!run.errors.contains(secret), "\(command): \(run.errors)")
        }
        return run
      }
    }
  }

  private func expectNothingLeftBehind() throws {
    #expect(try SecretEcho.findings(in: folder.file("work"), of: Self.secrets) == [])
    // Nobody but the hub's own API has seen the token.
    #expect(server.requests.contains { $0.headers["authorization"] == "Bearer \(Self.token)" })
    for request in other.requests + server.requests.filter({ $0.host == .storage }) {
      #expect(!request.headers.values.contains { $0.contains(Self.token) }, "\(request.target)")
      #expect(!request.target.contains(Self.token))
    }
  }

  @Test(arguments: Source.allCases)
  func aHubThatWorksIsToldTheTokenAlone(source: Source) throws {
    let runs = try run(source)
    // The check fails for want of wallet and coordinator only.
    #expect(runs.dropLast(2).allSatisfy { $0.status == 0 }, "\(runs.map(\.errors))")
    let line = try #require(runs.last?.output.split(separator: "\n").first)
    let check = try JSONValue.parse(String(line), source: "the check")
    let hub = (check["checks"]?.arrayValue ?? []).filter {
      $0["name"]?.stringValue?.hasPrefix("hub ") ?? false
    }
    #expect(hub.count == 6)
    #expect(hub.allSatisfy { $0["ok"] == true }, "\(hub)")
    try expectNothingLeftBehind()
  }

  @Test(arguments: SecretEcho.Trouble.allCases)
  func aHubThatRepeatsTheTokenIsNotQuotedWithIt(trouble: SecretEcho.Trouble) throws {
    let index = SecretEcho.Trouble.allCases.firstIndex(of: trouble) ?? 0
    let source = Source.allCases[index % Source.allCases.count]
    let address = other.endpoint
    server.misbehave { trouble.fault($0, other: address) }
    let runs = try run(source)
    #expect(runs.contains { $0.status != 0 })
    // What is taken out leaves its mark: the hub's own words are told.
    if [.forbidden, .words, .storage].contains(trouble) {
      #expect(runs.contains { $0.errors.contains("(secret)") }, "\(runs.map(\.errors))")
    }
    try expectNothingLeftBehind()
  }
}
