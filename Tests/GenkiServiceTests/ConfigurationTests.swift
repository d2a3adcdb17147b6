import GenkiCore
import GenkiService
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func miner(_ toml: String, _ environment: [String: String] = [:]) throws
    -> MinerConfiguration.Loaded
  {
    try MinerConfiguration.load(
      path: folder.write(toml, to: "minerd.toml"),
      environment: ["HOME": "/h/someone"].merging(environment) { $1 })
  }

  private func problems(_ toml: String, _ environment: [String: String] = [:]) -> [String] {
    do {
      _ = try miner(toml, environment)
      return []
    } catch let error as ConfigurationError {
      return error.problems.map {
        "\($0.line.map(String.init) ?? $0.source): \($0.key ?? "-"): \($0.why)"
      }
    } catch {
      return ["\(error)"]
    }
  }

  @Test func withoutAFileEverythingIsADefault() throws {
    let loaded = try ValidatorConfiguration.load(
      path: nil, environment: ["HOME": "/h/v"], systemFolder: folder.path)
    #expect(loaded.file == nil)
    #expect(loaded.origins.isEmpty)
    #expect(loaded.configuration.daemon.stateFolder == "/h/v/.local/state/genki/validator")
    #expect(
      loaded.configuration.chain.localPath == "/h/v/.local/state/genki/shared/chain.sqlite")
    #expect(loaded.configuration.evaluation.windowsMaximum == 256)
  }

  @Test func theInstalledFileIsFoundAndTheEnvironmentsComesBefore() throws {
    let installed = try folder.write("[chain]\nnetuid = 2\n", to: "minerd.toml")
    let named = try folder.write("[chain]\nnetuid = 3\n", to: "other.toml")
    let first = try MinerConfiguration.load(
      path: nil, environment: [:], systemFolder: folder.path)
    #expect(first.file == installed)
    #expect(first.configuration.chain.netuid == 2)
    let second = try MinerConfiguration.load(
      path: nil, environment: ["GENKI_CONFIG": named], systemFolder: folder.path)
    #expect(second.configuration.chain.netuid == 3)
  }

  @Test func aNamedFileThatIsMissingIsAnErrorOfTheConfiguration() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try MinerConfiguration.load(path: self.folder.file("none.toml"), environment: [:])
    }
    #expect(error?.kind == .configuration)
    #expect(error?.description.contains("none.toml: no such file") == true)
  }

  @Test func everyKindOfValueIsRead() throws {
    let loaded = try miner(
      """
      [daemon]
      log_level = "debug"
      poll_seconds = 1
      [chain]
      url = "wss://one"
      local.path = "ledger/chain.sqlite"
      [chain.local]
      block_seconds = 0
      [round]
      participate = false
      [finetune]
      target_modules = ["q_proj", "v_proj"]
      learning_rate = 2e-4
      alpha = 16
      [[dataset]]
      name = "a"
      path = "a.txt"
      [[dataset]]
      name = "b"
      path = "~/b.jsonl"
      chat_template = "plain"
      """.replacing(
        "local.path = \"ledger/chain.sqlite\"\n[chain.local]\n",
        with: "local.path = \"ledger/chain.sqlite\"\nlocal.")
    )
    let configuration = loaded.configuration
    #expect(configuration.daemon.logLevel == "debug")
    #expect(configuration.daemon.pollSeconds == 1)
    #expect(configuration.chain.urls == ["wss://one"])
    #expect(configuration.chain.localPath == folder.file("ledger/chain.sqlite"))
    #expect(configuration.chain.localBlockSeconds == 0)
    #expect(!configuration.round.participate)
    #expect(configuration.finetune.targetModules == ["q_proj", "v_proj"])
    #expect(configuration.finetune.learningRate == 2e-4)
    #expect(configuration.finetune.alpha == 16)
    #expect(configuration.datasets.map(\.name) == ["a", "b"])
    #expect(configuration.datasets.map(\.path) == [folder.file("a.txt"), "/h/someone/b.jsonl"])
    #expect(
      loaded.origin(of: "chain.local.path")
        == .file(path: folder.file("minerd.toml"), line: 6))
    #expect(loaded.origin(of: "wallet.name") == .default)
  }

  @Test func allMistakesAreShownWithTheirLines() {
    let found = problems(
      """
      [chain]
      kind = "locl"
      netuid = 70000
      local.blck_seconds = 3
      local.block_seconds = "a"

      [daemn]
      x = 1
      [finetune]
      # a comment = 3
      rank = 0
      text = '''
      batch = 3
      '''
      clip_norm = nan
      [[dataset]]
      name = "a"
      path = "a"
      [[dataset]]
      name = "a"
      """)
    #expect(
      found == [
        #"2: chain.kind: "locl" is not allowed"#, "3: chain.netuid: 70000 is out of range",
        "4: chain.local.blck_seconds: unknown key", #"5: chain.local.block_seconds: is "a""#,
        "7: daemn: there is no section [daemn]", "11: finetune.rank: 0 is out of range",
        "12: finetune.text: unknown key", "15: finetune.clip_norm: null is out of range",
        "19: dataset: 'path' is missing",
        "20: dataset.name: the name \"a\" stands on line 17 already",
      ])
  }

  @Test func aSlipOfThePenIsUnderstood() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try self.miner("[chain]\nlocal.blck_seconds = 1\n[daemn]\n")
    }
    #expect(
      error?.problems.map(\.allowed) == [
        "did you mean 'local.block_seconds'?", "did you mean 'daemon'?",
      ])
    #expect(error?.description.contains("2 mistakes in the configuration") == true)
    let one = #expect(throws: ConfigurationError.self) { try self.miner("\n[chain]\nnetuid = -1") }
    #expect(
      one?.description
        == "\(folder.file("minerd.toml")):3: chain.netuid: -1 is out of range"
        + " (allowed: a whole number from 0 to 65535)")
  }

  @Test(arguments: [
    ("[chain", "1: -: "), ("[chain]\nnetuid = \n", "2: -: "), ("chain = 3", "1: chain: "),
    ("[[chain]]", "1: chain: "), ("[dataset]", "1: dataset: "), ("dataset = [1]", "1: dataset: "),
    ("[chain]\nlocal = 3", "2: chain.local: "),
    ("[chain.local.path]\nx = 1", "1: chain.local.path: "),
    ("[wallet]\nname = \"../x\"", "2: wallet.name: "),
    ("[wallet]\nname = 1979-05-27", "2: wallet.name: is a date"),
    ("[wallet]\npath = \"\"", "2: wallet.path: is empty"),
    ("[wallet]\npath = \"a\\u0000b\"", "2: -: holds a NUL"),
    ("\"a\\u0000b\" = 1", "1: -: holds a NUL"), ("a = \u{0}1", "1: -: holds a NUL"),
    ("[round]\ncoordinator = \"5x\"", "2: round.coordinator: "),
    ("[round]\ncoordinator = \"\(String(repeating: "5", count: 100))\"", "2: round.coordinator: "),
    ("x = \(String(repeating: "[", count: 100_000))", "1: -: "),
    ("[finetune]\nbatch = 99999999999999999999", "2: -: "),
    ("[finetune]\nbatch = 1.0", "2: finetune.batch: is 1.0"),
  ])
  func hostileTextIsRefused(toml: String, start: String) {
    let found = problems(toml)
    #expect(found.count >= 1)
    #expect(found.first?.hasPrefix(start) == true, "\(found)")
  }

  @Test func theEnvironmentOverridesTheFileAndOptionsTheEnvironment() throws {
    let environment = [
      "GENKI_CHAIN_URL": "ws://a, ws://b", "GENKI_CHAIN_LOCAL_BLOCK_SECONDS": "0",
      "GENKI_CHAIN_NETUID": "", "GENKI_ROUND_PARTICIPATE": "FALSE",
      "GENKI_DAEMON_LOG_LEVEL": "error", "GENKI_CHAIN_NETUIDS": "1", "GENKI_STRICT": "1",
    ]
    let loaded = try MinerConfiguration.load(
      path: folder.write("[chain]\nnetuid = 9\nurl = \"ws://c\"\n", to: "m.toml"),
      environment: environment, options: ["daemon.log_level": "trace"])
    #expect(loaded.configuration.chain.urls == ["ws://a", "ws://b"])
    #expect(loaded.configuration.chain.localBlockSeconds == 0)
    #expect(loaded.configuration.chain.netuid == 9)
    #expect(!loaded.configuration.round.participate)
    #expect(loaded.configuration.daemon.logLevel == "trace")
    #expect(loaded.origin(of: "chain.url") == .environment(variable: "GENKI_CHAIN_URL"))
    #expect(loaded.origin(of: "daemon.log_level") == .option("daemon.log_level"))
    #expect(loaded.warnings.count == 1)
    #expect(loaded.warnings.first?.contains("did you mean GENKI_CHAIN_NETUID?") == true)
  }

  @Test func badVariablesAreMistakesOfTheConfiguration() {
    #expect(
      problems("", ["GENKI_CHAIN_NETUID": "x", "GENKI_FINETUNE_RANK": "0"]) == [
        #"GENKI_CHAIN_NETUID: chain.netuid: is "x""#,
        "GENKI_FINETUNE_RANK: finetune.rank: 0 is out of range",
      ])
  }

  @Test func whatThisVersionCannotRunWithParsesButIsRefused() throws {
    let loaded = try miner("[chain]\nkind = \"subtensor\"\n[compute]\nkind = \"crynux\"\n")
    let error = #expect(throws: ConfigurationError.self) {
      try loaded.configuration.requireAvailable()
    }
    #expect(error?.problems.map(\.key) == ["compute.kind", "chain.url"])
    try miner("").configuration.requireAvailable()
  }

  @Test func aSchemeOfCommitsThatIsNotHereSaysWhatIsMissing() throws {
    func load(_ scheme: String) throws -> ValidatorConfiguration {
      let path = try folder.write("[weights]\ncommit_scheme = \"\(scheme)\"\n", to: "w.toml")
      return try ValidatorConfiguration.load(path: path, environment: [:]).configuration
    }
    try load("hash").requireAvailable()
    let error = #expect(throws: ConfigurationError.self) {
      try load("timelocked").requireAvailable()
    }
    #expect(error?.problems.map(\.key) == ["weights.commit_scheme"])
    #expect(error?.why.contains("BLS12-381") == true)
    #expect(error?.advice?.contains("same subnets") == true)
    #expect(throws: ConfigurationError.self) { try load("whispered") }
  }

  @Test func zeroWindowsMeansAll() throws {
    let path = try folder.write("[evaluation]\nwindows_max = 0\n", to: "v.toml")
    let loaded = try ValidatorConfiguration.load(path: path, environment: [:])
    #expect(loaded.configuration.evaluation.windowsMaximum == nil)
    let shown = loaded.document["settings"]?.arrayValue?.first {
      $0["key"] == "evaluation.windows_max"
    }
    #expect(shown?["value"] == 0)
    #expect(shown?["origin"] == .string("file \(path):2"))
  }

  @Test func passwordsInAddressesAreNeverShown() throws {
    let loaded = try miner(
      "[chain]\nurl = [\"https://u:hunter2@host/p?key=hunter3\"]\n",
      ["GENKI_HUB_ENDPOINT": "https://hunter4@hub"])
    let text = loaded.document.encoded()
    #expect(!text.contains("hunter"))
    #expect(text.contains("https://***@host/p?***"))
    let complaint = problems("[chain]\nurl = [\"htps://u:hunter2@host/\"]\n").joined()
    #expect(!complaint.contains("hunter"))
  }

  @Test func aReloadKnowsWhatHasChanged() throws {
    let old = try miner("[wallet]\nname = \"a\"\n[[dataset]]\nname = \"d\"\npath = \"d\"\n")
    let new = try miner("[wallet]\nname = \"b\"\n")
    #expect(old.changedKeys(in: old).isEmpty)
    #expect(old.changedKeys(in: new) == ["wallet.name", "dataset"])
  }
}
