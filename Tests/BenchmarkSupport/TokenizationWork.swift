import GenkiCore
import GenkiFormats

/// The ids of one text, again and again, each time by a tokenizer that knows no word yet.
package struct TokenizationWork: MeasuredWork {
  private static let textBytesMaximum = 1 << 30

  private let path: String
  private let text: [UInt8]
  private var tokenizer: Tokenizer
  private var ids: [Int32] = []

  init(_ folders: CachedModel) throws {
    path = folders.tokenizer
    text = try TextFile.readBytes(folders.text, sizeLimit: Self.textBytesMaximum)
    tokenizer = try Tokenizer.load(path: path)
  }

  package mutating func prepare(step: Int) throws {
    ids = []
    tokenizer = try Tokenizer.load(path: path)
  }

  package mutating func perform() throws -> StepOutcome {
    ids = text.withUnsafeBytes { tokenizer.encode(utf8: $0) }
    return StepOutcome()
  }

  package mutating func describe(_ outcome: inout StepOutcome) {
    outcome.digest = Self.digest(ids)
  }

  /// The SHA-256 of the ids as little-endian 32-bit numbers.
  package static func digest(_ ids: [Int32]) -> String {
    var hasher = SHA256Hasher()
    ids.map(\.littleEndian).withUnsafeBytes { hasher.update($0) }
    return hasher.finish().hex
  }
}
