import BenchmarkSupport
import Foundation
import GenkiCore
import GenkiFormats
import GenkiModel
import Testing

@Suite struct WorkloadTests {
  @Test func namesAreUniqueAndFound() throws {
    let names = WorkloadTable.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(try WorkloadTable.named(["all"]) == WorkloadTable.all)
    #expect(try WorkloadTable.named([]) == WorkloadTable.compared)
    #expect(try WorkloadTable.named(["gpt2-full"]).map(\.name) == ["gpt2-full"])
    #expect(throws: BenchmarkError.unknownWorkload("gpt3")) { try WorkloadTable.named(["gpt3"]) }
  }

  /// The counts of the published models.
  @Test(arguments: [
    (ModelShape.tinyStories1M, 3_745_984), (.tinyStories33M, 68_514_048), (.gpt2, 124_439_808),
    (.smolLM2, 134_515_008), (.gemma3, 268_098_176), (.pythia, 162_322_944),
  ])
  func shapesHaveTheWeightsOfThePublishedModels(shape: ModelShape, count: Int) throws {
    let tensors = LanguageModel.expectedTensors(configuration: try shape.configuration())
    #expect(tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } == count)
  }

  @Test func theDemosShapeIsTheDemos() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let demo = try ModelConfiguration.load(path: root.appending(path: "config/demo").path)
    #expect(try ModelShape.demo.configuration() == demo)
  }

  /// Millions of operations a token, worked out by hand from the published shapes.
  @Test(arguments: [
    ("tinystories-1m-full", 21.75), ("tinystories-1m-evaluation", 7.25),
    ("tinystories-33m-full", 411), ("gpt2-full", 769), ("gpt2-full-short", 748),
    ("gpt2-evaluation", 256), ("smollm2-lora", 591), ("smollm2-evaluation", 287),
    ("adapters-on-one-base", 287), ("adapters-one-by-one", 287), ("gemma3-lora", 1128.8),
    ("gemma3-evaluation", 555), ("pythia-full", 769.7),
  ])
  func operationsAreCounted(name: String, millions: Double) throws {
    let workload = try #require(try WorkloadTable.named([name]).first)
    let shape = try #require(workload.shape)
    let operations = Arithmetic(try shape.configuration())
      .operationsPerToken(workload.task)
    #expect((operations / 1e6 - millions).magnitude < max(0.5, millions * 0.002))
  }

  /// SmolLM2's matrices with the tied head once, in bytes of their type.
  @Test(arguments: [("decoding-float32", 4), ("decoding-bfloat16", 2), ("decoding-float16", 2)])
  func aTokenReadsEveryWeightOnce(name: String, bytes: Int) throws {
    let workload = try #require(try WorkloadTable.named([name]).first)
    let shape = try #require(workload.shape)
    let found = Arithmetic(try shape.configuration()).weightBytesPerToken(workload.task)
    #expect(found == Double(bytes * (134_515_008 - 61 * 576)))
  }

  @Test(arguments: [("gemma3-decoding", 4), ("gemma3-decoding-bfloat16", 2)])
  func gemmasTableIsReadOnceAsTheHead(name: String, bytes: Int) throws {
    let workload = try #require(try WorkloadTable.named([name]).first)
    let shape = try #require(workload.shape)
    let found = Arithmetic(try shape.configuration()).weightBytesPerToken(workload.task)
    // Without its norms: four of the width and two of a head in a block, and the last.
    #expect(found == Double(bytes * (268_098_176 - 18 * (4 * 640 + 2 * 256) - 640)))
  }

  @Test func theOtherSideIsToldWhatToDo() throws {
    let workload = try #require(try WorkloadTable.named(["smollm2-lora"]).first)
    let model = try CachedModel(workload: workload, inputs: MeasureInputs(cache: "cache"))
    let told = workload.specification(model, threads: 2)
    #expect(told["task"] == "training")
    #expect(told["rows"] == 4 && told["block_size"] == 256 && told["threads"] == 2)
    #expect(told["vocabulary"] == 49152)
    #expect(told["learning_rate"]?.doubleValue == 1e-3)
    #expect(told["weight_decay"]?.doubleValue == 0.01)
    #expect(told["adapter"]?.stringValue?.hasSuffix("-lora-8-q_proj-v_proj") == true)
  }

  @Test(
    arguments: [
      ("step", 1), ("step 12", 12), ("step 0", nil), ("step -1", nil), ("step 1000001", nil),
      ("stop", nil), ("step 1 2", nil), ("", nil), ("step x", nil),
    ] as [(String, Int?)])
  func ordersAreRead(line: String, steps: Int?) { #expect(WorkerLoop.steps(of: line) == steps) }

  @Test(
    arguments: [(0.3, 1.0, 4), (1.5, 1, 1), (0, 1, 1), (1, 1, 1), (1e-9, 1, 100_000)]
      as [(Double, Double, Int)])
  func aTurnLastsLongEnough(step: Double, turn: Double, steps: Int) {
    #expect(MeasuredPeer.stepsPerTurn(stepSeconds: step, turnSeconds: turn) == steps)
  }

  @Test func memoryIsReadFromAProcessesStatus() {
    let status = "Name:\tworker\nVmHWM:\t  2048 kB\nRssAnon:\t 12 kB\nVmRSS: many\n"
    #expect(MachineFigures.memory("VmHWM", status: status) == 2 << 20)
    #expect(MachineFigures.memory("RssAnon", status: status) == 12 << 10)
    #expect(MachineFigures.memory("VmRSS", status: status) == nil)
    #expect(MachineFigures.memory("VmSwap", status: status) == nil)
    #expect(MachineFigures.status(of: getpid()).contains("VmHWM"))
  }

  @Test func processorTimeIsReadFromTheKernelsTables() throws {
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let machine = "cpu  10 20 30 1000 500 1 2 3 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n"
    #expect(MachineFigures.busySeconds(stat: machine) == 66 / ticks)
    #expect(MachineFigures.busySeconds(stat: "cpu 1 2") == nil)
    let process = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 0 0 0 25 5 0 0 20 0 2 0 99 1 1"
    #expect(MachineFigures.computedSeconds(stat: process) == 30 / ticks)
    #expect(MachineFigures.computedSeconds(stat: "7 (a") == nil)
  }
}
