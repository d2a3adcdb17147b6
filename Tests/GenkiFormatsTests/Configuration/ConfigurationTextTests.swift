import GenkiCore
import GenkiFormats
import TestSupport
import Testing

/// A configuration that is handed on stays the text that it was, but for the storage type.
struct ConfigurationTextTests {
  private func set(_ type: TensorType?, _ text: String) throws -> String {
    String(
      decoding: try ConfigurationText.setting(type: type, in: Array(text.utf8), source: "config"),
      as: UTF8.self)
  }

  @Test func orderSpellingAndUnknownKeysAreKept() throws {
    let text = """
      { "zeta":1.50,"torch_dtype" : "bfloat16" ,
        "unknown":{"a":[1,2, 3e0]},\t"\\u00e9":"\\/", "alpha":null}

      """
    #expect(
      try set(.F32, text) == text.replacing("\"bfloat16\"", with: "\"float32\""))
  }

  @Test(arguments: [
    (#"{"dtype":"bfloat16"}"#, #"{"dtype":"float16"}"#),
    (#"{"torch_dtype":"float32"}"#, #"{"torch_dtype":"float16"}"#),
    (
      #"{"torch_dtype":"float32","x":0,"dtype":"bfloat16"}"#,
      #"{"torch_dtype":"float16","x":0,"dtype":"float16"}"#
    ),
    // The value need not be a text, and a key may be written in another way.
    (#"{"dtype":null}"#, #"{"dtype":"float16"}"#),
    (#"{"dtype":{"a":[1]},"b":2}"#, #"{"dtype":"float16","b":2}"#),
    (#"{"torch\u005fdtype":"auto"}"#, #"{"torch\u005fdtype":"float16"}"#),
    // Only the model's own key counts.
    (
      #"{"text_config":{"dtype":"bfloat16"},"list":[{"torch_dtype":1}]}"#,
      #"{"text_config":{"dtype":"bfloat16"},"list":[{"torch_dtype":1}]}"#
    ),
    (#"{"Dtype":"x","dtype ":"y"}"#, #"{"Dtype":"x","dtype ":"y"}"#),
    ("{}", "{}"), (" {\"a\" : 1}\n", " {\"a\" : 1}\n"),
  ])
  func onlyTheStorageTypeOfTheTopLevelChanges(_ text: String, _ expected: String) throws {
    #expect(try set(.F16, text) == expected)
  }

  @Test func withoutATypeTheBytesAreTheSame() throws {
    #expect(try set(nil, #"{"dtype":"int8"}"#) == #"{"dtype":"int8"}"#)
    #expect(
      TensorType.F32.configurationName == "float32"
        && TensorType.BF16.configurationName == "bfloat16"
        && TensorType.F16.configurationName == "float16")
  }

  @Test(arguments: [
    "", "[]", "\"dtype\"", "{", #"{"dtype"}"#, #"{"dtype":}"#, #"{"dtype":"a"} x"#,
    #"{"dtype":"\ud800"}"#, "\u{FEFF}{}", #"{"a":1,}"#, #"{"dtype":"#,
    String(repeating: #"{"a":"#, count: 5_000),
  ])
  func whatIsNoObjectIsRefusedByName(_ text: String) throws {
    let error = #expect(throws: JSONError.self) { try set(.F32, text) }
    #expect("\(try #require(error))".contains("config"))
  }

  @Test func everyConfigurationOfTheVectorsReadsTheSameAfterwards() throws {
    for name in ["compute/llama_tied", "compute/gpt2", "compute/qwen3", "compute/gpt_neo"] {
      let folder = Vectors.path(name)
      let bytes = try ModelFolder.configuration(of: folder, type: .BF16)
      let json = try JSONValue.parse(bytes, source: name)
      #expect(
        try ModelConfiguration(json: json, source: name) == ModelConfiguration.load(path: folder))
      let before = try JSONValue.parse(file: "\(folder)/config.json", sizeLimit: 1 << 20)
      let (old, new) = (before.objectValue ?? [:], json.objectValue ?? [:])
      #expect(old.keys == new.keys)
      for key in old.keys where !["dtype", "torch_dtype"].contains(key) {
        #expect(old[key] == new[key])
      }
    }
  }

  @Test func nestedKeysAreReplacedWhereAsked() throws {
    let text = #"{"a":{"path":"x","b":[{"path":1},[{"path":null}]]},"path":"keep"}"#
    let made = try ConfigurationText.replacing(
      { $0 == "path" }, in: Array(text.utf8), source: "t", isDeep: true
    ) { _, value in value == "keep" ? nil : 7 }
    #expect(
      String(decoding: made, as: UTF8.self)
        == #"{"a":{"path":7,"b":[{"path":7},[{"path":7}]]},"path":"keep"}"#)
  }
}
