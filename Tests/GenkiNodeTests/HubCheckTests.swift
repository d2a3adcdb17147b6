import Foundation
import GenkiCore
import GenkiHub
import GenkiNode
import GenkiService
import TestSupport
import Testing

/// What `check` finds on a hub of the network.
@Suite("A check of the hub")
struct HubCheckTests {
  private let folder: TemporaryFolder
  private let server: StandInHub
  private var section: HubSection
  private var environment = ["HF_TOKEN": "hf_alice"]
  private var publication: HubPublication?

  init() throws {
    folder = try TemporaryFolder()
    server = try StandInHub(
      tokens: ["hf_alice": "alice", "hf_bob": "bob", "hf_rita": "rita"], roles: ["rita": "read"])
    section = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:])).hub
    section.kind = .huggingface
    section.endpoint = server.endpoint
    section.account = "alice"
    publication = HubPublication(
      name: "miner-r3", key: "publish.name", idBytesMaximum: 50, subject: "the model of round 3",
      visibility: .private, shownAt: "block 900")
    publication?.files = [
      HubPublication.File(name: "adapter_model.safetensors", bytes: 6 << 20),
      HubPublication.File(name: "adapter_config.json", bytes: 700),
      HubPublication.File(name: "README.md", bytes: nil),
    ]
  }

  private func findings(
    isValidator: Bool = false, seconds: Double = 10, free: Int = 1 << 40
  ) -> [EnvironmentCheck.Finding] {
    var check = EnvironmentCheck()
    var wallet = MinerConfiguration(defaults: DefaultPaths(role: .miner, environment: [:])).wallet
    wallet.name = "purse"
    HubCheck(
      section, wallet: wallet, stateFolder: folder.file("state"), environment: environment,
      isValidator: isValidator, publication: publication, secondsMaximum: seconds,
      freeBytes: { _ in free }
    ).look(&check)
    return check.findings
  }

  private func finding(
    _ name: String, _ findings: [EnvironmentCheck.Finding]
  ) throws -> EnvironmentCheck.Finding {
    try #require(findings.first { $0.name == name }, "\(findings)")
  }

  @Test func aGoodHubHasNothingToSayAndNothingIsWritten() throws {
    let found = findings()
    #expect(found.allSatisfy { $0.grade == .good }, "\(found)")
    #expect(
      found.map(\.name) == [
        "hub token", "hub endpoint", "hub account", "hub space", "hub repository", "hub upload",
      ])
    #expect(
      try finding("hub endpoint", found).message.hasPrefix("\(server.endpoint) (hub.endpoint)"))
    #expect(try finding("hub token", found).message == "it comes from $HF_TOKEN")
    let account = try finding("hub account", found).message
    #expect(account.contains("\"alice\", role \"write\"") && account.contains("hub.account"))
    let repository = try finding("hub repository", found)
    #expect(repository.message.contains("alice/miner-r3 is not there yet"))
    #expect(repository.message.contains("private until block 900"))
    #expect(repository.details?["exists"] == false)
    let upload = try finding("hub upload", found)
    #expect(upload.message.contains("3 files, 6.00 MiB"))
    #expect(upload.message.contains("adapter_model.safetensors 6.00 MiB, LFS"))
    #expect(upload.message.contains("adapter_config.json 700 B, in the commit"))
    #expect(upload.message.contains("README.md made for the upload"))
    #expect(upload.details?["bytes"] == JSONValue((6 << 20) + 700))
    #expect(server.requests.map(\.method) == ["GET", "GET"])
    #expect(server.commits(of: "alice/miner-r3") == nil)
    #expect(!FileManager.default.fileExists(atPath: folder.file("state")))
    for finding in found { #expect(!"\(finding)".contains("hf_alice")) }
  }

  @Test func aLimitOfTheLineGivesATime() throws {
    var test = self
    test.section.uploadBytesPerSecond = 1 << 20
    let upload = try finding("hub upload", test.findings())
    #expect(upload.message.contains("in about 6.00 s at 1.00 MiB/s"), "\(upload)")
    #expect(upload.details?["seconds"] == 6)
  }

  @Test func whatIsLargeGoesThroughTheStorageInParts() throws {
    var test = self
    test.publication?.files = [
      HubPublication.File(name: "tokenizer.json", bytes: 10 << 20),
      HubPublication.File(name: "tokenizer.json", bytes: 10 << 20 + 1),
      HubPublication.File(name: "model.safetensors", bytes: 5_000_000_000),
      HubPublication.File(name: "model.safetensors", bytes: 5_000_000_001),
    ]
    let upload = try finding("hub upload", test.findings())
    let ways = upload.details?["files"]?.arrayValue?.compactMap { $0["way"]?.stringValue }
    #expect(ways == ["regular", "lfs", "lfs", "lfs_parts"])
    test.publication?.files = []
    test.publication?.uncertainty = "no model is ready yet"
    #expect(try finding("hub upload", test.findings()).message.contains("no model is ready yet"))
    test.publication?.problem = "file 'x' is gone"
    #expect(try finding("hub upload", test.findings()).grade == .failed)
  }

  // MARK: Token and account

  @Test func aTokenThatTheHubDoesNotKnowFails() throws {
    var test = self
    test.environment = ["HF_TOKEN": "hf_nobody"]
    let found = test.findings()
    #expect(try finding("hub endpoint", found).grade == .good)
    let account = try finding("hub account", found)
    #expect(account.grade == .failed)
    #expect(account.message.contains("does not know the token of $HF_TOKEN"))
    for finding in found { #expect(!"\(finding)".contains("hf_nobody")) }
  }

  @Test func aTokenThatMayOnlyReadFailsWhereSomethingIsPublished() throws {
    var test = self
    test.environment = ["HF_TOKEN": "hf_rita"]
    test.section.account = "rita"
    let account = try finding("hub account", test.findings())
    #expect(account.grade == .failed)
    #expect(account.message.contains("may only read"))
    test.publication = nil
    let reader = test.findings(isValidator: true)
    #expect(reader.allSatisfy { $0.grade == .good }, "\(reader)")
    #expect(reader.map(\.name) == ["hub token", "hub endpoint", "hub account", "hub space"])
  }

  @Test func aTokenOfAnotherAccountFailsAndNamesBoth() throws {
    var test = self
    test.section.account = nil
    test.environment = ["HF_TOKEN": "hf_bob"]
    let account = try finding("hub account", test.findings())
    #expect(account.grade == .failed)
    #expect(account.message.contains("\"bob\"") && account.message.contains("\"purse\""))
    #expect(account.message.contains("wallet.name"))
  }

  @Test func withoutATokenOnlyReadersGoOn() throws {
    var test = self
    test.environment = [:]
    let found = test.findings()
    #expect(try finding("hub token", found).grade == .failed)
    #expect(try finding("hub token", found).message.contains("hub.token_file"))
    #expect(try finding("hub endpoint", found).grade == .good)
    #expect(!found.contains { $0.name == "hub account" })
    test.publication = nil
    #expect(test.findings().allSatisfy { $0.grade == .good })
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test func aTokenFileThatOthersCanReadIsFound() throws {
    var test = self
    let path = try folder.write("hf_alice\n", to: "token")
    test.section.tokenFile = path
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let found = test.findings()
    let token = try finding("hub token", found)
    #expect(token.grade == .failed)
    #expect(token.message.contains("chmod 600 '\(path)'"))
    // It is not shown to the hub, whose answer is told all the same.
    #expect(try finding("hub endpoint", found).grade == .good)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
    // A file of Python's client is used as it is.
    test.section.tokenFile = nil
    test.environment = ["HF_TOKEN_PATH": path]
    let shared = try finding("hub token", test.findings())
    #expect(shared.grade == .warning)
    #expect(shared.message.contains("chmod 600"))
  }

  // MARK: Endpoint

  @Test func nobodyAtTheAddressFailsWithinTheTime() throws {
    server.close()
    let found = findings(seconds: 2)
    let endpoint = try finding("hub endpoint", found)
    #expect(endpoint.grade == .failed)
    #expect(endpoint.message.contains("no connection"), "\(endpoint)")
    #expect(!found.contains { $0.name == "hub account" })
    // What needs no hub is told.
    #expect(try finding("hub token", found).grade == .good)
    #expect(try finding("hub repository", found).message.contains("was not asked"))
    #expect(try finding("hub upload", found).grade == .good)
  }

  @Test func aHubThatSaysNothingIsLeftInTime() throws {
    server.misbehave { _ in .stall(after: 0) }
    let endpoint = try finding("hub endpoint", findings(seconds: 0.5))
    #expect(endpoint.grade == .failed)
    #expect(endpoint.message.contains("not done within"), "\(endpoint)")
  }

  @Test(arguments: [
    (200, "<html>Welcome</html>", "no JSON"), (404, "<html>Not here</html>", "not as a hub does"),
    (401, "<html>Log in</html>", "not as a hub does"), (500, "broken", "answers 500"),
    (502, "<html>Bad gateway</html>", "answers 502"), (200, "[]", "does not say whose"),
  ])
  func whoIsNoHubFails(status: Int, body: String, reason: String) throws {
    server.misbehave { _ in .status(status, body: body) }
    let endpoint = try finding("hub endpoint", findings(seconds: 2))
    #expect(endpoint.grade == .failed)
    #expect(endpoint.message.contains(reason), "\(endpoint)")
  }

  @Test func aRedirectToElsewhereIsNotFollowed() throws {
    let other = try StandInHub()
    server.misbehave { _ in .redirect("\(other.endpoint)/api/whoami-v2") }
    let endpoint = try finding("hub endpoint", findings())
    #expect(endpoint.grade == .failed)
    #expect(endpoint.message.contains("redirects"), "\(endpoint)")
    #expect(other.requests.isEmpty)
  }

  @Test func tooManyQuestionsAndNoAnswerToThemAreWarnings() throws {
    server.misbehave(.status(429, headers: ["Retry-After: 300"])) { $0.path.contains("whoami") }
    var found = findings()
    #expect(try finding("hub endpoint", found).grade == .warning)
    #expect(try finding("hub account", found).grade == .warning)
    server.misbehave(.status(404)) { $0.path.contains("whoami") }
    found = findings()
    #expect(try finding("hub endpoint", found).grade == .good)
    #expect(try finding("hub account", found).grade == .warning)
  }

  @Test func anAddressThatIsNoneIsNamedWithoutItsSecrets() throws {
    var test = self
    test.section.endpoint = nil
    test.environment["HF_ENDPOINT"] = "https://user:word@example.org"
    let endpoint = try finding("hub endpoint", test.findings())
    #expect(endpoint.grade == .failed)
    #expect(endpoint.message.contains("$HF_ENDPOINT"))
    #expect(!endpoint.message.contains("word@"))
    test.environment["HF_ENDPOINT"] = server.endpoint
    let found = try finding("hub endpoint", test.findings())
    #expect(found.message.hasPrefix("\(server.endpoint) ($HF_ENDPOINT)"))
    test.environment["HF_ENDPOINT"] = nil
    #expect(
      HubOpener(test.section, environment: test.environment).endpointSource == "the default")
  }

  // MARK: Space

  @Test func littleSpaceIsAWarning() throws {
    #expect(try finding("hub space", findings(free: 21 << 30)).grade == .good)
    let little = try finding("hub space", findings(free: 1 << 30))
    #expect(little.grade == .warning)
    #expect(little.message.contains("hub.cache_bytes_max"))
    #expect(little.message.contains(folder.file("state/models")))
    #expect(try finding("hub space", findings(free: 0)).message.hasPrefix("0 B are free"))
  }

  @Test(arguments: [
    (free: 10, used: 0, quota: 10, need: 10, grade: EnvironmentCheck.Grade.good, word: "free for"),
    (free: 10, used: 0, quota: 9, need: 10, grade: .failed, word: "raise hub.cache_bytes_max"),
    (free: 9, used: 0, quota: 10, need: 10, grade: .failed, word: "free some space"),
    // Models that are there may go.
    (free: 4, used: 6, quota: 10, need: 10, grade: .good, word: "free for"),
    (free: 3, used: 6, quota: 10, need: 10, grade: .failed, word: "free some space"),
    (free: 3, used: 6, quota: 10, need: 9, grade: .warning, word: "the disk is full before"),
  ])
  func whatIsFetchedNextMustFit(
    free: Int, used: Int, quota: Int, need: Int, grade: EnvironmentCheck.Grade, word: String
  ) {
    let space = HubSpace(
      folder: "/f", freeBytes: free << 30, usedBytes: used << 30, quotaBytes: quota << 30,
      need: (need << 30, "a round's base"))
    #expect(space.finding.1 == grade)
    #expect(space.finding.0.contains(word), "\(space.finding.0)")
  }

  // MARK: Repository

  @Test func aRepositoryThatIsThereIsToldOf() throws {
    server.put("alice/miner-r3", files: ["config.json": [1]], isPrivate: false)
    let foreign = try finding("hub repository", findings())
    #expect(foreign.grade == .warning)
    #expect(foreign.message.contains("replace its content and hide it"), "\(foreign)")
    #expect(foreign.details?["private"] == false)
    var test = self
    test.publication?.isFilled = true
    let own = try finding("hub repository", test.findings())
    #expect(own.grade == .good)
    #expect(own.message.contains("is not sent again"))
  }

  @Test(arguments: ["a--b", "a..b", "-a", "a.git", "a b", String(repeating: "x", count: 45)])
  func aNameThatCannotBeARepositoryFailsAndNamesTheSettings(name: String) throws {
    var test = self
    test.publication?.name = name
    let repository = try finding("hub repository", test.findings())
    #expect(repository.grade == .failed)
    #expect(repository.message.contains("publish.name"))
    #expect(repository.message.contains("at most 50"))
    test.publication?.name = String(repeating: "x", count: 44)
    #expect(try finding("hub repository", test.findings()).grade == .good)
  }

  @Test func anAccountThatCannotBeANamespaceFails() throws {
    var test = self
    test.section.account = "al--ice"
    let found = test.findings()
    #expect(try finding("hub account", found).grade == .failed)
    #expect(try finding("hub repository", found).grade == .failed)
    #expect(server.requests.isEmpty)
  }

  @Test func aRepositoryThatCannotBeSeenIsAWarning() throws {
    server.misbehave { $0.path.contains("models") ? .status(500) : nil }
    let repository = try finding("hub repository", findings(seconds: 2))
    #expect(repository.grade == .warning)
    #expect(repository.message.contains("answers 500"))
  }
}
