import GenkiCore
import GenkiFormats
import GenkiTensor
import TestSupport
import Testing

@Suite struct WriterTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private let tensors: [SafetensorsWriter.Tensor] = [
    (name: "h.2", shape: [0], type: .F16), (name: "a", shape: [3], type: .BF16),
    (name: "é\"\n\u{7f}", shape: [1], type: .F32), (name: "h.10", shape: [], type: .F16),
    (name: "b", shape: [1, 2], type: .F32),
  ]

  private func write(_ tensors: [SafetensorsWriter.Tensor], to name: String) throws -> [UInt8] {
    let path = folder.file(name)
    try SafetensorsWriter.write(to: path, tensors: tensors) { _, range, out in
      for (offset, index) in range.enumerated() { out[offset] = Float(index + 1) }
    }
    return try TextFile.readBytes(path, sizeLimit: 1 << 24)
  }

  /// The bytes that the reference library 0.8.0 writes for the same tensors.
  @Test func theFileIsTheReferenceWritersByteForByte() throws {
    let header = """
      {"__metadata__":{"format":"pt"},\
      "b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},\
      "é\\"\\n\u{7f}":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},\
      "a":{"dtype":"BF16","shape":[3],"data_offsets":[12,18]},\
      "h.10":{"dtype":"F16","shape":[],"data_offsets":[18,20]},\
      "h.2":{"dtype":"F16","shape":[0],"data_offsets":[20,20]}}   
      """
    let data: [UInt8] = [
      0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x80, 0x3f, 0x80, 0x3f, 0x00,
      0x40, 0x40, 0x40, 0x00, 0x3c,
    ]
    #expect(header.utf8.count == 320)
    #expect(try write(tensors, to: "a") == safetensorsBytes(header, data: data))
  }

  @Test func theOrderOfTheTensorsDoesNotChangeTheBytes() throws {
    let first = try write(tensors, to: "a")
    #expect(try write(tensors.reversed(), to: "b") == first)
    #expect(try write(tensors, to: "a") == first)
    #expect(try folder.names() == ["a", "b"])
  }

  /// Two pieces of a tensor and a short one, in each type.
  @Test(arguments: [1, 2, 3])
  func severalThreadsWriteTheSameBytes(threads: Int) throws {
    let tensors: [SafetensorsWriter.Tensor] = [
      (name: "c", shape: [3, 400_000], type: .F32), (name: "a", shape: [1_048_577], type: .BF16),
      (name: "b", shape: [5], type: .F16),
    ]
    let expected = try write(tensors, to: "one")
    let path = folder.file("several")
    let digest = try SafetensorsWriter.write(
      to: path, tensors: tensors, pool: WorkerPool(count: threads)
    ) { _, range, out, worker in
      #expect(worker < threads)
      for (offset, index) in range.enumerated() { out[offset] = Float(index + 1) }
    }
    #expect(try TextFile.readBytes(path, sizeLimit: 1 << 24) == expected)
    #expect(digest == SHA256Hasher.digest(of: expected))
    #expect(try folder.names() == ["one", "several"])
  }

  @Test func aThreadThatFailsLeavesNoFile() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try SafetensorsWriter.write(
        to: folder.file("a"), tensors: tensors, pool: WorkerPool(count: 2)
      ) { name, _, _, _ in
        if name == "b" { throw Stop() }
      }
    }
    #expect(try folder.names() == [])
  }

  @Test(arguments: [TensorType.F32, .F16, .BF16])
  func whatIsWrittenIsRead(_ type: TensorType) throws {
    let count = 262_144 + 1001
    let path = folder.file("a")
    // Multiples of 1/4 below 32 are exact in all three types.
    try SafetensorsWriter.write(
      to: path,
      tensors: [(name: "x", shape: [count], type: type), (name: "y", shape: [], type: type)],
      metadata: ["b": "2", "a": "é"]
    ) { name, range, out in
      for (offset, index) in range.enumerated() {
        out[offset] = name == "x" ? Float(index % 128) / 4 - 16 : 7
      }
    }
    let file = try SafetensorsFile(path: path, limits: .strict)
    #expect(file.metadata == ["a": "é", "b": "2"])
    #expect(try file.floats("x") == (0..<count).map { Float($0 % 128) / 4 - 16 })
    #expect(try file.floats("y") == [7])
    #expect(file.headerByteCount % 8 == 0)
  }

  @Test func noTensorsMakeAnEmptyFile() throws {
    try SafetensorsWriter.write(to: folder.file("a"), tensors: [], metadata: [:]) { _, _, _ in }
    #expect(
      try TextFile.readBytes(folder.file("a"), sizeLimit: 99)
        == safetensorsBytes("{}      ", data: []))
  }

  @Test func unusableTensorsAreRefusedBeforeAnythingIsWritten() throws {
    let bad: [[SafetensorsWriter.Tensor]] = [
      [(name: "a", shape: [1], type: .F32), (name: "a", shape: [1], type: .F16)],
      [(name: "a", shape: [1], type: .I32)], [(name: "__metadata__", shape: [1], type: .F32)],
      [(name: "a", shape: [-1], type: .F32)], [(name: "a", shape: [1 << 40, 1 << 40], type: .F32)],
    ]
    for tensors in bad {
      #expect(throws: SafetensorsError.self) { try write(tensors, to: "a") }
    }
    #expect(try folder.names().isEmpty)
  }

  @Test func aFailedFillLeavesNothingBehind() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try SafetensorsWriter.write(to: folder.file("a"), tensors: tensors) { name, _, _ in
        if name == "h.10" { throw Stop() }
      }
    }
    #expect(try folder.names().isEmpty)
  }
}
