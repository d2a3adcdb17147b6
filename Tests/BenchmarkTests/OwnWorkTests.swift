import BenchmarkSupport
import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// Workloads whose sides are told more than a model: texts and adapters.
@Suite struct OwnWorkTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func inputs(cache: String) -> MeasureInputs {
    MeasureInputs(
      cache: cache, tokenizer: root.appending(path: MeasureInputs.defaultTokenizer).path,
      texts: MeasureInputs.defaultTexts.map { root.appending(path: $0).path })
  }

  /// As Python's hashlib gives it for the ids as little-endian 32-bit numbers.
  @Test func idsHaveTheSameDigestOnBothSides() {
    #expect(
      TokenizationWork.digest([1, 50256, -1])
        == "ad38e7182ac25746fc44b05a71d7fdaf96fb41d576ec3ccd3b3a319034af46f8")
    #expect(TokenizationWork.digest([1]) != TokenizationWork.digest([1, 0]))
  }

  @Test func aTextsIdsAreThoseOfTheWholeTokenizer() throws {
    let folder = try TemporaryFolder()
    let workload = Workload("text", nil, .tokenization(bytes: 5000), threads: 1)
    let inputs = Self.inputs(cache: folder.file("cache"))
    let folders = try CachedModel(workload: workload, inputs: inputs)
    try folders.prepare(workload) { _ in }
    let text = try TextFile.readString(folders.text, sizeLimit: 5000)
    #expect(text.utf8.count == workload.tokensPerStep)
    let expected = TokenizationWork.digest(try Tokenizer.load(path: inputs.tokenizer).encode(text))
    var work = try workload.load(folders, threads: 1, kernel: .openBLAS)
    for step in 0..<2 {
      try work.prepare(step: step)
      var outcome = try work.perform()
      work.describe(&outcome)
      #expect(outcome == StepOutcome(digest: expected))
    }
  }

  @Test func adaptersHaveTheSameLossesTogetherAndOneByOne() throws {
    let folder = try TemporaryFolder()
    let inputs = MeasureInputs(cache: folder.path)
    func losses(adapters: Int, together: Bool) throws -> [Double?] {
      let workload = Workload(
        "adapters", .demo,
        .adapters(adapters: adapters, rows: 2, blockSize: 8, together: together))
      let folders = try CachedModel(workload: workload, inputs: inputs)
      try folders.prepare(workload) { _ in }
      var work = try workload.load(folders, threads: 1, kernel: .openBLAS)
      return try (0..<2).map {
        try work.prepare(step: $0)
        return try work.perform().loss
      }
    }
    let together = try losses(adapters: 2, together: true)
    #expect(together.allSatisfy { $0?.isFinite == true })
    #expect(try losses(adapters: 2, together: false) == together)
    // The second adapter changes the mean, so adapters differ.
    #expect(try losses(adapters: 1, together: true) != together)
  }

  @Test func theOtherSideIsToldOfTheTextAndUsesOneThread() throws {
    let workload = try #require(try WorkloadTable.named(["tokenizer"]).first)
    let inputs = Self.inputs(cache: "cache")
    let command = try PeerCommand.other(
      workload, python: "python3",
      script: Self.root.appending(path: "Tests/Benchmarks/torch_peer.py").path,
      setting: .plain, inputs: inputs, threads: try #require(workload.threads))
    let script = try #require(command.arguments.first)
    #expect(script.hasSuffix("Tests/Benchmarks/tokenizers_peer.py"))
    #expect(FileManager.default.fileExists(atPath: script))
    #expect(command.environment["RAYON_NUM_THREADS"] == "1")
    #expect(command.environment["TOKENIZERS_PARALLELISM"] == "false")
    let told = try JSONValue.parse(try #require(command.arguments.last), source: "told")
    #expect(told["task"] == "tokenization")
    #expect(told["tokenizer"]?.stringValue == inputs.tokenizer)
    #expect(told["text"]?.stringValue?.hasPrefix("cache/text-") == true)
    #expect(told["model"] == nil)
  }

  @Test func llamaDecodesAndDoesNothingElse() throws {
    func command(_ name: String) throws -> PeerCommand {
      try PeerCommand.other(
        try #require(WorkloadTable.named([name]).first), beside: .llama, python: "python",
        script: Self.root.appending(path: "Tests/Benchmarks/torch_peer.py").path,
        setting: .plain, inputs: MeasureInputs(cache: "cache"), threads: 2)
    }
    let decoding = try command("decoding-bfloat16")
    let script = try #require(decoding.arguments.first)
    #expect(script.hasSuffix("Tests/Benchmarks/llama_peer.py"))
    #expect(FileManager.default.fileExists(atPath: script))
    let told = try JSONValue.parse(try #require(decoding.arguments.last), source: "told")
    #expect(told["stored"] == "bfloat16" && told["new_tokens"] == 128)
    #expect(told["model"]?.stringValue?.hasSuffix("-bfloat16") == true)
    #expect(throws: BenchmarkError.notDecoding("gpt2-full")) { try command("gpt2-full") }
  }

  @Test func theOtherSideIsToldOfTheAdapters() throws {
    for (name, together) in [("adapters-on-one-base", true), ("adapters-one-by-one", false)] {
      let workload = try #require(try WorkloadTable.named([name]).first)
      let folders = try CachedModel(workload: workload, inputs: MeasureInputs(cache: "cache"))
      let told = workload.specification(folders, threads: 2)
      #expect(told["task"] == "adapters" && told["together"] == .bool(together))
      #expect(told["adapters"]?.arrayValue?.count == 4)
      #expect(workload.tokensPerStep == 4 * 4 * 256)
    }
  }

  @Test func aWorkerIsToldOfTheSameInputs() {
    let inputs = MeasureInputs(cache: "c", tokenizer: "t", texts: ["a", "b"])
    #expect(
      inputs.arguments == ["--cache", "c", "--tokenizer", "t", "--text", "a", "--text", "b"])
  }

  @Test func aDigestTravels() throws {
    let turn = TurnReport(steps: 1, seconds: 1, cpuSeconds: 1, last: StepOutcome(digest: "ab"))
    #expect(try TurnReport(json: turn.json, source: "worker") == turn)
  }
}
