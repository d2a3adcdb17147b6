import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// What the reference library said about each file of `formats/safetensors`.
private struct Verdict: Sendable, CustomTestStringConvertible {
  let name: String
  let json: JSONValue
  var testDescription: String { name }

  static func all() -> [Verdict] {
    let path = Vectors.path("formats/safetensors/verdicts.json")
    let files = try? JSONValue.parse(file: path, sizeLimit: 1 << 22)["files"]?.arrayValue
    return (files ?? []).compactMap { file in
      file["name"]?.stringValue.map { Verdict(name: $0, json: file) }
    }
  }
}

@Suite struct VerdictTests {
  @Test func allVectorsAreThere() {
    #expect(Verdict.all().count == 94)
    #expect(Verdict.all().filter { $0.json["accepted"]?.boolValue == true }.count == 23)
  }

  @Test(arguments: Verdict.all())
  fileprivate func theVerdictIsTheReferences(_ verdict: Verdict) throws {
    let path = Vectors.path("formats/safetensors/\(verdict.name).safetensors")
    guard verdict.json["accepted"]?.boolValue == true else {
      let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
      guard case .invalid = error else {
        Issue.record("refused for another reason: \(String(describing: error))")
        return
      }
      #expect(error?.kind == .invalidData)
      return
    }
    let file = try SafetensorsFile(path: path)
    let metadata = verdict.json["metadata"]?.objectValue?.entries ?? []
    #expect(
      file.metadata == Dictionary(metadata.map { ($0.key, $0.value.stringValue ?? "") }) { $1 })
    if let count = verdict.json["tensors"]?.intValue {
      #expect(file.tensors.count == count)
      return
    }
    let expected = try #require(verdict.json["tensors"]?.objectValue).entries
    #expect(Set(file.tensors.map(\.name)) == Set(expected.map(\.key)))
    for (name, tensor) in expected {
      let info = try #require(file[name])
      #expect(info.type.rawValue == tensor["dtype"]?.stringValue)
      #expect(JSONValue.array(info.shape.map { JSONValue($0) }) == tensor["shape"])
      #expect(info.byteCount == tensor["nbytes"]?.intValue)
      #expect(file.withBytes(of: info) { $0.count } == info.byteCount)
    }
  }

  // Asked of the reference library 0.8.0 itself; these forms are not among the files.
  private static let entry = #""dtype":"F32","shape":[1],"data_offsets":[0,4]"#
  @Test(arguments: [
    (#"{"a":["F32",[1],[0,4]]}"#, true), (#"{"a":["F32",[1],[0,4],1]}"#, false),
    (#"{"a":["F32",[1]]}"#, false), (#"{"a":[["F32"],[1],[0,4]]}"#, false),
    (#"{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}"#, true),
    (#"{"a":{"dtype":{"F32":{}},"shape":[1],"data_offsets":[0,4]}}"#, false),
    (#"{"a":{"dtype":{"F32":null,"F16":null},"shape":[1],"data_offsets":[0,4]}}"#, false),
    (#"{"a":{"dtype":{},"shape":[1],"data_offsets":[0,4]}}"#, false),
    (#"{"a":{\#(entry),"dtype":"F32"}}"#, false), (#"{"a":{\#(entry),"x":1,"x":2}}"#, true),
    (#"{"a":{\#(entry),"x":1e999}}"#, false), (#"{"a":{\#(entry),"x":"\ud800"}}"#, false),
    (#"{"__metadata__":null,"__metadata__":null,"a":{\#(entry)}}"#, false),
    (#"{"__metadata\u005f_":{"a":"b","a":"c"},"a":{\#(entry)}}"#, true),
    (#"{"__metadata__":{"a":null},"a":{\#(entry)}}"#, false),
    (#"{"a":null,"a":{\#(entry)}}"#, false),
    (#"{"a":{"d\u0074ype":"F\u00332","shape":[1],"data_offsets":[0,4]}}"#, true),
    (#"{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}"#, false),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":{"0":0,"1":4}}}"#, false),
    (
      #"{"a":{\#(entry),"x":\#(String(repeating: "[", count: 125))\#(String(repeating: "]", count: 125))}}"#,
      true
    ),
    (
      #"{"a":{\#(entry),"x":\#(String(repeating: "[", count: 126))\#(String(repeating: "]", count: 126))}}"#,
      false
    ),
  ])
  func unusualHeadersAreJudgedAsTheReferenceDoes(_ header: String, _ isAccepted: Bool) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(safetensorsBytes(header, data: [0, 0, 0, 0]), to: "a")
    if isAccepted {
      #expect(try SafetensorsFile(path: path).tensors.map(\.name) == ["a"])
    } else {
      #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
    }
  }

  @Test func sizesBeyondInt64AreOnlyAcceptedWithoutElements() throws {
    let folder = try TemporaryFolder()
    for shape in ["[18446744073709551615,0]", "[0,18446744073709551615,3]"] {
      let header = #"{"a":{"dtype":"F32","shape":\#(shape),"data_offsets":[0,0]}}"#
      let file = try SafetensorsFile(
        path: folder.write(safetensorsBytes(header, data: []), to: "a"))
      #expect(file["a"]?.elementCount == 0)
    }
    let header = #"{"a":{"dtype":"F32","shape":[2,18446744073709551615,0],"data_offsets":[0,0]}}"#
    let path = try folder.write(safetensorsBytes(header, data: []), to: "b")
    #expect(throws: SafetensorsError.invalid(path: path, .overflow(tensor: "a"))) {
      try SafetensorsFile(path: path)
    }
  }
}
