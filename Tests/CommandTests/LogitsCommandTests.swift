import Foundation
import GenkiCore
import GenkiFormats
import TestSupport
import Testing

struct LogitsCommandTests {
  private func logits(_ base: CommandBase, _ out: String, _ more: [String]) throws -> ProgramRun {
    try ProgramRun(
      "genki-minerd",
      ["logits", "--model", base.base, "--out", base.folder.file(out)] + more)
  }

  private func values(_ path: String) throws -> (shape: [Int], values: [Float]) {
    let file = try SafetensorsFile(path: path)
    let tensor = try #require(file.tensors.first { $0.name == "logits" })
    var values = [Float](repeating: 0, count: tensor.shape.reduce(1, *))
    try values.withUnsafeMutableBufferPointer { buffer in
      if let room = buffer.baseAddress { try file.readFloats(tensor, into: room) }
    }
    return (tensor.shape, values)
  }

  @Test func theLikeliestTokenIsTheOneThatGenerateTakes() throws {
    let base = try CommandBase()
    let run = try logits(base, "a.safetensors", ["--text", "The fire", "--json"])
    #expect(run.status == 0, "\(run.errors)")
    let ids = try #require(try run.document()["ids"]?.arrayValue)
    let (shape, values) = try values(base.folder.file("a.safetensors"))
    #expect(shape[0] == ids.count && shape.count == 2)
    let last = values.suffix(shape[1])
    let likeliest = try #require(last.indices.max { last[$0] < last[$1] }) - last.startIndex
    let generated = try ProgramRun(
      "genki-minerd",
      ["generate", "--model", base.base, "--prompt", "The fire", "--max-tokens", "1", "--json"])
    #expect(try generated.document()["ids"]?.arrayValue?.first?.intValue == likeliest)
  }

  @Test func aTextBeyondTheContextIsRefusedAndNothingIsWritten() throws {
    let base = try CommandBase()
    let run = try logits(
      base, "b.safetensors", ["--text", String(repeating: "miners ", count: 100)])
    #expect(run.status != 0 && run.status != ErrorKind.internalError.rawValue)
    #expect(run.errors.contains("64"))
    #expect(!FileManager.default.fileExists(atPath: base.folder.file("b.safetensors")))
  }
}
