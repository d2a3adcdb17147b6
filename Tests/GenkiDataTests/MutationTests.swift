import GenkiCore
import GenkiData
import GenkiFormats
import TestSupport
import Testing

/// Files from outside may hold anything: whatever is changed in them, loading answers with windows
/// or with an error that names the file, and never crashes.
@Suite("Changed data files")
struct MutationTests {
  private static let roundsPerSeed = 250

  @Test(arguments: [UInt64(1), 2, 3, 4], ["a.jsonl", "a.txt", "shapes.jsonl"])
  func noChangeCrashesTheReader(seed: UInt64, name: String) throws {
    let folder = try TemporaryFolder()
    let tokenizer = try Tokenizer.load(path: Vectors.path("formats/tokenizers/qwen2"))
    let original =
      name == "shapes.jsonl"
      ? Array(DataShapesTests.shapes.map(\.line).joined(separator: "\n").utf8)
      : try TextFile.readBytes(Vectors.path("formats/dataset_lines.jsonl"), sizeLimit: 1 << 20)
    var random = DeterministicRandom(seed: seed, domain: "test/data/mutation")
    var options = DatasetOptions(blockSize: 8)
    options.badFractionMaximum = 1
    options.chat = .builtIn(.chatML(defaultSystem: ChatTemplate.defaultSystem))
    for _ in 0..<Self.roundsPerSeed {
      let path = try folder.write(mutated(original, &random), to: name)
      do {
        let dataset = try TextDataset.load(path: path, tokenizer: tokenizer, options: options)
        let batch = dataset.batch(Array(0..<dataset.windowCount))
        #expect(batch.inputs.count == dataset.windowCount * 8)
      } catch let error as any ReportableError {
        #expect(error.description.contains(path))
      }
    }
  }

  /// One to eight bytes are overwritten, or a part is cut out or doubled.
  private func mutated(_ bytes: [UInt8], _ random: inout DeterministicRandom) -> [UInt8] {
    var bytes = bytes
    let start = random.next(below: bytes.count)
    let end = start + random.next(below: bytes.count - start)
    switch random.next(below: 4) {
    case 0: bytes.removeSubrange(start..<end)
    case 1: bytes.insert(contentsOf: bytes[start..<end], at: random.next(below: bytes.count))
    default:
      for _ in 0...random.next(below: 8) {
        bytes[random.next(below: bytes.count)] = UInt8(random.next(below: 256))
      }
    }
    return bytes
  }
}
