import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite struct StrictLimitsTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func open(_ header: String, data: [UInt8] = [], _ limits: SafetensorsLimits) throws
    -> SafetensorsFile
  {
    let path = try folder.write(safetensorsBytes(header, data: data), to: "a")
    return try SafetensorsFile(path: path, limits: limits)
  }

  private func refusal(_ header: String, data: [UInt8] = []) throws -> SafetensorsProblem? {
    _ = try open(header, data: data, .reference)
    let error = #expect(throws: SafetensorsError.self) { try open(header, data: data, .strict) }
    guard case .invalid(_, let problem) = error else { return nil }
    return problem
  }

  private func manyTensors(_ count: Int) -> String {
    let entries = (0..<count).map {
      #""t\#($0)":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#
    }
    return "{\(entries.joined(separator: ","))}"
  }

  @Test func theNumberOfTensorsIsLimited() throws {
    #expect(try open(manyTensors(10_000), .strict).tensors.count == 10_000)
    #expect(try refusal(manyTensors(10_001)) == .tooManyTensors(limit: 10_000))
  }

  @Test func theHeaderIsLimited() throws {
    let limit = 1 << 20
    #expect(try open("{}" + String(repeating: " ", count: limit - 2), .strict).tensors.isEmpty)
    #expect(
      try refusal("{}" + String(repeating: " ", count: limit - 1))
        == .headerTooLarge(bytes: UInt64(limit + 1), limit: limit))
  }

  @Test func theRankIsLimited() throws {
    func header(_ rank: Int) -> String {
      let shape = [String](repeating: "1", count: rank).joined(separator: ",")
      return #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,1]}}"#
    }
    #expect(try open(header(8), data: [0], .strict)["a"]?.shape.count == 8)
    #expect(try refusal(header(9), data: [0]) == .tooManyDimensions(tensor: "a", limit: 8))
  }

  /// The reference would take these; nobody has such tensors, and each size costs memory.
  @Test func evenTheReferencesLimitsBoundTheMemory() throws {
    let shape = [String](repeating: "0", count: 65_537).joined(separator: ",")
    let header = #"{"a":{"dtype":"U8","shape":[\#(shape)],"data_offsets":[0,0]}}"#
    #expect(throws: SafetensorsError.self) { try open(header, .reference) }
    #expect(throws: SafetensorsError.self) {
      try open(#"{"a":"# + String(repeating: "[", count: 4 << 20), .reference)
    }
  }

  @Test func duplicateNamesAreRefused() throws {
    let entry = #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#
    #expect(try refusal("{\(entry),\(entry)}", data: [0]) == .duplicateName(tensor: "a"))
  }

  @Test func namesFromOutsideAreShownHarmlessly() throws {
    let header = #"{"\u001b[2J\n":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}"#
    let error = #expect(throws: SafetensorsError.self) {
      try open(header, data: [0], .reference)
    }
    let text = try #require(error?.description)
    #expect(text.contains(#"\u{1b}[2J\u{a}"#))
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
  }
}
