import GenkiCore

/// The samples of their data that an operator chose to share.
package enum SharedSamples {
  /// The file's name in the repository.
  package static let fileName = "samples.jsonl"
  private static let bytesMaximum = 1 << 20

  /// The file's content: JSON values, one a line.
  ///
  /// - Throws: `InputLineError` naming file and line; `FileError` if it cannot be read or is too large.
  package static func read(_ path: String) throws -> [UInt8] {
    let bytes = try TextFile.readBytes(path, sizeLimit: bytesMaximum)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      // Nothing follows the last line's end.
      if line.isEmpty, index == lines.count - 1 { continue }
      do {
        guard String(validating: line, as: UTF8.self) != nil else {
          throw refused(path, index, "not valid UTF-8")
        }
        guard try JSONValue.parse(Array(line), source: path).objectValue != nil else {
          throw refused(path, index, "not a JSON object")
        }
      } catch JSONError.invalid(_, _, _, let column, let problem) {
        throw refused(path, index, "column \(column): \(problem.rawValue)")
      }
    }
    return bytes
  }

  private static func refused(_ path: String, _ index: Int, _ reason: String) -> InputLineError {
    .invalid(input: path, line: index + 1, reason: reason, expected: "one JSON object")
  }
}
