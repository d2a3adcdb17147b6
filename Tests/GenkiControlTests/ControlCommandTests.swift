import Foundation
import GenkiConsole
import GenkiControl
import GenkiCore
import GenkiRPC
import TestSupport
import Testing

/// `genkictl` as a process against daemons with canned answers.
@Suite struct ControlCommandTests {
  private let folder: TemporaryFolder
  private var environment: [String: String] { ["XDG_RUNTIME_DIR": folder.path] }

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> ControlRun {
    try ControlRun(arguments, environment: environment)
  }

  // MARK: - Which daemon

  @Test func statusShowsBothDaemonsWhenBothAnswer() throws {
    let miner = try CannedAnswers.miner(folder)
    let validator = try CannedAnswers.validator(folder)
    let people = try run("status")
    #expect(people.status == 0)
    for words in [
      "miner \(ProgramVersion.current): waiting", "validator \(ProgramVersion.current): waiting",
      miner.socket, validator.socket,
      "local, block 120, final 118, waiting for a block", "3, open, blocks 100 to 160",
      "40 blocks left", "loss 3.25000",
    ] {
      #expect(people.output.contains(words), "\(words) in \(people.output)")
    }
    #expect(!people.output.contains("\u{1B}"))
    let document = try run("--json", "status").document()
    #expect(
      document["daemons"]?.arrayValue?.map { $0["status"]?["daemon"] } == ["miner", "validator"])
    // One named daemon: its status is the document.
    #expect(try run("--json", "--validator", "status").document()["daemon"] == "validator")
    #expect(try run("status", "--miner", "--json").document()["daemon"] == "miner")
    miner.stop()
    let rest = try run("status", "--json").document()
    #expect(rest["daemons"]?.arrayValue?.count == 1)
    #expect(try run("status", "--miner").status == 69)
  }

  @Test func socketsAreNamedOneByOne() throws {
    let miner = try CannedAnswers.miner(folder)
    let other = try TemporaryFolder()
    let second = try CannedAnswers.miner(other)
    let both = try ControlRun(
      ["--socket", miner.socket, "--socket=\(second.socket)", "--json", "status"])
    let sockets = try both.document()["daemons"]?.arrayValue?.map { $0["socket"]?.stringValue }
    #expect(sockets == [miner.socket, second.socket])
    let list = try ControlRun(["--socket", miner.socket, "--socket", second.socket, "job", "list"])
    #expect(list.status == 64)
    #expect(list.errors.contains("one daemon"))
  }

  @Test func aDaemonThatIsNotThereIsUnavailable() throws {
    let none = try run("status", "--json")
    #expect(none.status == 69)
    let error = try none.document()["error"]
    #expect(error?["code"]?.intValue == 69)
    #expect(error?["message"]?.stringValue?.contains("the miner or the validator") == true)
    #expect(none.errors.hasPrefix("genkictl: cannot reach"))
    let named = try run("--socket", folder.file("gone.sock"), "dataset", "list")
    #expect(named.status == 69)
    #expect(named.output.isEmpty)
    #expect(named.errors.contains(folder.file("gone.sock")))
    #expect(named.errors.contains("start the daemon"))
  }

  @Test func aMethodOfBothDaemonsNeedsOneOfThem() throws {
    let miner = try CannedAnswers.miner(folder)
    let validator = try CannedAnswers.validator(folder)
    let both = try run("config", "get")
    #expect(both.status == 64)
    #expect(both.errors.contains("--miner, --validator"))
    #expect(try run("config", "get", "--miner").status == 0)
    #expect(miner.lastCall("config.get")?.entries.isEmpty == true)
    #expect(validator.lastCall("config.get") == nil)
  }

  // MARK: - Calls

  @Test func listsAreTablesAndWhatIsMissingIsADash() throws {
    let miner = try CannedAnswers.miner(folder)
    let people = try run("dataset", "list")
    #expect(people.status == 0)
    #expect(people.lines.count == 3)
    #expect(people.lines.first?.hasPrefix("name") == true)
    #expect(people.lines.first?.contains("sha256") == false)
    #expect(people.output.contains("146 KiB"))
    #expect(people.lines.last?.contains("–") == true)
    // What others wrote cannot move the cursor.
    #expect(!people.output.contains("\u{1B}"))
    #expect(people.output.contains(#"evil\u{1b}[2J"#))
    #expect(try run("dataset", "list", "--json").document() == CannedAnswers.datasets)
    #expect(miner.lastCall("dataset.list") == [:])
  }

  @Test func parametersGoByNameAndPathsGoWhole() throws {
    let miner = try CannedAnswers.miner(folder)
    let added = try run(
      "dataset", "add", "poems", "texts/poems.txt", "--set", "steps=5", "--set", "a=x y",
      "--idempotency-key", "k")
    #expect(added.status == 0, "\(added.errors)")
    let sent = try #require(miner.lastCall("dataset.add"))
    #expect(sent["name"] == "poems")
    #expect(sent["path"]?.stringValue?.hasPrefix("/") == true)
    #expect(sent["path"]?.stringValue?.hasSuffix("/texts/poems.txt") == true)
    #expect(sent["steps"] == 5)
    #expect(sent["a"] == "x y")
    #expect(sent["idempotency_key"] == "k")
    #expect(try run("dataset", "add", "poems", "p", "--set", "nothing").status == 64)
  }

  @Test func aJobsSettingsGoAsTexts() throws {
    let miner = try CannedAnswers.miner(folder)
    let run = try run("job", "submit", "poems", "notes", "--option", "steps=20", "--seed", "5")
    #expect(run.status == 0, "\(run.errors)")
    let sent =
      ["datasets": ["poems", "notes"], "options": ["steps": "20"], "seed": 5] as JSONObject
    #expect(miner.lastCall("job.submit") == sent)
    #expect(try self.run("job", "submit", "poems", "--option", "20").status == 64)
    #expect(miner.lastCall("job.submit") == sent)
  }

  @Test func settingsAreFoundByTheirKey() throws {
    let miner = try CannedAnswers.miner(folder)
    #expect(try run("config", "get", "chain.kind", "--json").document() == "local")
    #expect(try run("config", "get", "chain", "--json").document() == ["chain.kind": "local"])
    #expect(try run("config", "get", "hub.kind").output == "directory\n")
    #expect(try run("config", "get", "nothing.at.all").status == 64)
    #expect(try run("metrics").lines == ["a 1", "b 2", "# EOF"])
    withExtendedLifetime(miner) {}
  }

  @Test func tablesReachIntoTheirRowsAndCutDigests() throws {
    let validator = try CannedAnswers.validator(folder)
    let rounds = try run("round", "list")
    #expect(rounds.lines.first?.hasPrefix("round") == true)
    #expect(rounds.lines.last?.contains("abababababab…") == true)
    let scores = try run("score", "list")
    #expect(scores.output.contains("0.01230"))
    #expect(scores.output.contains("65535"))
    #expect(try run("score", "list", "--json").document() == CannedAnswers.scores)
    withExtendedLifetime(validator) {}
  }

  @Test func aDaemonsErrorKeepsItsCodeAndName() throws {
    let validator = try CannedAnswers.validator(folder)
    let failed = try run("score", "explain", CannedAnswers.hotkey, "--json")
    #expect(failed.status == 1)
    let error = try failed.document()["error"]
    #expect(error?["code"]?.intValue == RPCErrorName.notFound.code)
    #expect(error?["data"]?["name"] == "not_found")
    #expect(failed.errors == "genkictl: score.explain: it is written so (read on)\n")
    #expect(validator.lastCall("score.explain")?["hotkey"] == .string(CannedAnswers.hotkey))
    let reader = try ControlRun(["--socket", validator.readSocket, "shutdown"])
    #expect(reader.status == 77)
  }

  @Test func theReadersSocketIsTheLastResort() throws {
    let validator = try CannedAnswers.validator(folder)
    try FileManager.default.removeItem(atPath: validator.socket)
    let status = try run("status", "--json").document()["daemons"]?.arrayValue
    #expect(status?.map { $0["socket"]?.stringValue } == [validator.readSocket])
  }

  @Test func rpcCallsAnything() throws {
    let miner = try CannedAnswers.miner(folder)
    let result = try run("rpc", "job.show", #"{"id":7}"#, "--json", "--miner")
    #expect(try result.document() == CannedAnswers.job)
    #expect(miner.lastCall("job.show") == ["id": 7])
    _ = try run("rpc", "job.show", "[7]")
    #expect(miner.lastCall("job.show") == ["id": 7])
    #expect(try run("rpc", "help").document()["text"] != nil)
    #expect(try run("rpc", "job.show", "{").status == 65)
    #expect(try run("rpc", "job.show", "7").status == 64)
    let unknown = try run("--json", "rpc", "nothing")
    #expect(unknown.status == 64)
    #expect(try unknown.document()["error"]?["code"]?.intValue == -32601)
    #expect(try run("rpc", "job.watch").lines.count == 2)
  }

  @Test func aStreamIsOneObjectALineUntilItEnds() throws {
    let miner = try CannedAnswers.miner(folder)
    let events = try run("job", "watch", "7", "--json")
    #expect(events.status == 0, "\(events.errors)")
    let steps = try events.lines.map { try JSONValue.parse($0, source: "line")["event"] }
    #expect(steps == ["step", "done"])
    #expect(miner.lastCall("job.watch") == ["id": 7])
    #expect(try run("job", "watch").lines == ["step  step 1  loss 4.50000", "done  steps 1"])
  }

  @Test func transfersAreShownWithTheirTimeLeft() throws {
    var status = try #require(CannedAnswers.status("miner").objectValue)
    let transfer: JSONObject = [
      "event": "transfer.progress", "direction": "up", "repository": "me/model-r3",
      "name": "model.safetensors", "bytes_done": 12_582_912, "bytes_total": 419_430_400,
      "bytes_per_second": 3_145_728, "eta_seconds": 129, "seconds": 4, "job": 7,
    ]
    status["transfers"] = .array(Array(repeating: .object(transfer), count: 10))
    let miner = try CannedAnswers.miner(
      folder, ["status": .object(status), "job.watch": [.object(transfer)]])
    let lines = try run("--miner", "status").lines
    let rows = lines.filter { $0.contains("upload me/model-r3") }
    #expect(rows.count == 8)
    #expect(rows.first?.hasSuffix("12.0 MiB of 400 MiB, 3.00 MiB/s, ETA 2:09") == true)
    #expect(lines.contains { $0.contains("2 more") })
    // Without a terminal an event stays a line, and with --json it stays as it is.
    let watched = try run("job", "watch", "7").lines
    #expect(watched.count == 1)
    #expect(watched.first?.contains("bytes_done 12.0 MiB  bytes_total 400 MiB") == true)
    let events = try run("job", "watch", "7", "--json").lines
    #expect(try events.map { try JSONValue.parse($0, source: "line") } == [.object(transfer)])
    #expect(miner.lastCall("job.watch") == ["id": 7])
  }

  // MARK: - More than calls

  @Test func watchDrawsAgainWhenSomethingHappens() throws {
    let miner = try CannedAnswers.miner(folder)
    let output = try TemporaryFolder()
    let process = try ControlRun.process(
      ["watch", "--json", "--updates", "2"], environment: environment, folder: output)
    try process.run()
    try waitUntil { miner.lastCall("events.subscribe") != nil && miner.lastCall("status") != nil }
    miner.change("status", CannedAnswers.status("changed"))
    miner.send(["topic": "job"])
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let lines = try TextFile.readString(output.file("output"), sizeLimit: 1 << 20)
      .split(separator: "\n").map { try JSONValue.parse(String($0), source: "line") }
    #expect(lines.map { $0["status"]?["daemon"] } == ["miner", "changed"])
  }

  @Test func aReportJoinsTheMinersCurves() throws {
    let miner = try CannedAnswers.miner(folder)
    let validator = try CannedAnswers.validator(folder)
    let path = folder.file("report.html")
    let run = try ControlRun([
      "report", "--html", path, "--socket", validator.socket, "--socket", miner.socket, "--json",
    ])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try run.document()["trainings"] == 1)
    let page = try TextFile.readString(path, sizeLimit: 4 << 20)
    #expect(page.contains("Round 3"))
    #expect(page.contains("alice"))
    #expect(miner.lastCall("job.show") == ["id": 7])
    let alone = try ControlRun(["report", "--html", path, "--socket", miner.socket])
    #expect(alone.status == 64)
  }

  @Test func doctorSaysWhatIsWrongAndWhatToDo() throws {
    let miner = try CannedAnswers.miner(folder)
    let well = try run("doctor", "--miner", "--json")
    #expect(well.status == 0, "\(well.output)")
    let results = try well.document()["checks"]?.arrayValue?.map { $0["result"] }
    #expect(results?.allSatisfy { $0 == "good" } == true)
    miner.change(
      "status",
      CannedAnswers.status(
        "miner",
        problems: [["code": "no_space", "message": "the disk is full", "advice": "free some"]]))
    let ill = try run("doctor")
    #expect(ill.status == 1)
    #expect(ill.output.contains("the disk is full (free some)"))
    #expect(ill.output.contains("start genki-validatord"))
    miner.stop()
    #expect(try run("doctor").status == 69)
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completionScriptsAreMade(shell: String) throws {
    let script = try run("completion", shell)
    #expect(script.status == 0)
    #expect(script.output.contains("dataset"))
  }
}

/// Waits until a condition holds, with a limit.
func waitUntil(within seconds: Double = 20, _ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < deadline {
    if try condition() { return }
    _ = poll(nil, 0, 5)
  }
  Issue.record("the condition did not come true within \(seconds) seconds")
}
