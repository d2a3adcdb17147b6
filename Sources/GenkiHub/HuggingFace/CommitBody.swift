import Foundation
import GenkiCore

/// The body of a commit: one JSON text a line.
struct CommitBody {
  /// The head that it builds on; nil in an empty repository.
  let parent: Revision?
  private(set) var bytes: [UInt8] = []

  init(summary: String, parent: Revision?) {
    self.parent = parent
    var header: [JSONObject.Entry] = [
      ("summary", .string(summary)), ("description", .string("")),
    ]
    if let parent { header.append(("parentCommit", .string(parent.hex))) }
    add("header", .object(JSONObject(entries: header)))
  }

  /// A file that travels in the commit.
  mutating func add(small file: UploadFile, content: [UInt8]) {
    add(
      "file",
      [
        "path": .string(file.name), "encoding": "base64",
        "content": .string(Data(content).base64EncodedString()),
      ])
  }

  /// A file that is stored already.
  mutating func add(large file: UploadFile) {
    add(
      "lfsFile",
      [
        "path": .string(file.name), "algo": "sha256", "oid": .string(file.digest.hex),
        "size": JSONValue(file.bytes),
      ])
  }

  /// A file that is there no more.
  mutating func delete(_ name: String) { add("deletedFile", ["path": .string(name)]) }

  private mutating func add(_ key: String, _ value: JSONValue) {
    let line: JSONValue = ["key": .string(key), "value": value]
    bytes += Array(line.encoded().utf8) + [UInt8(ascii: "\n")]
  }
}
