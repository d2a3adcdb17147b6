import GenkiCore
import GenkiFormats
import TestSupport
import Testing

@Suite("inspect")
struct InspectCommandTests {
  private func inspect(_ arguments: String...) throws -> ProgramRun {
    try ProgramRun("genki-minerd", ["inspect"] + arguments)
  }

  @Test(arguments: [
    "good_two", "good_name_odd", "good_zero_dim", "duplicate_same", "empty_file",
    "length_over_100MB", "offset_overlap", "shape_size_mismatch", "pickle_file", "flip_01",
  ])
  func theExitCodeIsTheReferencesVerdict(_ name: String) throws {
    let verdicts = Vectors.path("formats/safetensors/verdicts.json")
    let files = try JSONValue.parse(file: verdicts, sizeLimit: 1 << 22)["files"]?.arrayValue
    let verdict = try #require(files?.first { $0["name"]?.stringValue == name })
    let run = try inspect(Vectors.path("formats/safetensors/\(name).safetensors"), "--json")
    let document = try run.document()
    guard verdict["accepted"]?.boolValue == true else {
      #expect(run.status == ErrorKind.invalidData.rawValue)
      #expect(document["error"]?["code"]?.intValue == 65)
      #expect(run.errors.hasPrefix("genki-minerd: ") && run.errors.contains(name))
      return
    }
    #expect(run.status == 0 && run.errors.isEmpty)
    let tensors = try #require(document["tensors"]?.arrayValue)
    let expected = try #require(verdict["tensors"]?.objectValue)
    #expect(tensors.count == expected.entries.count)
    for tensor in tensors {
      let reference = try #require(expected[tensor["name"]?.stringValue ?? "?"])
      #expect(tensor["dtype"] == reference["dtype"])
      #expect(tensor["shape"] == reference["shape"])
      #expect(tensor["bytes"] == reference["nbytes"])
    }
    #expect(
      document["metadata"] == (verdict["metadata"]?.isNull == false ? verdict["metadata"] : [:]))
  }

  @Test func aModelFolderShowsItsTensorsAndTotals() throws {
    let run = try inspect(Vectors.path("compute/gpt2"))
    #expect(run.status == 0)
    #expect(run.output.contains("transformer.h.0.attn.c_attn.weight  F32    [32, 96]"))
    #expect(run.output.contains("28 tensors, 30,240 parameters (F32 30,240)"))
    #expect(run.output.contains("model_type gpt2"))
  }

  @Test func shardsAndAdaptersAreModelsToo() throws {
    let shards = try inspect(Vectors.path("formats/sharded"), "--json").document()
    #expect(shards["kind"] == "model" && shards["parameters"]?.intValue == 20)
    #expect(shards["files"]?.arrayValue?.count == 2)
    let adapter = try inspect(Vectors.path("compute/qwen2/lora"), "--json").document()
    #expect(adapter["kind"] == "adapter" && adapter["config"]?["rank"]?.intValue == 4)
  }

  @Test func whatIsNoModelIsRefusedWithAReason() throws {
    let folder = try TemporaryFolder()
    let empty = try inspect(folder.path)
    #expect(empty.status == 65 && empty.errors.contains("neither model.safetensors nor"))
    let missing = try inspect(folder.file("none"))
    #expect(missing.status == 65 && missing.errors.contains("no such file"))
    let long = try inspect(folder.write([UInt8](repeating: 0xFF, count: 100), to: "bad"))
    #expect(long.status == 65 && long.errors.contains("more than the limit of 100000000"))
  }
}
