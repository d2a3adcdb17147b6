import GenkiCore

/// A value is not what was expected of it.
public enum ScaleValueError: ReportableError, Equatable {
  /// The value at a path is something else.
  case mismatch(path: String, expected: String, found: String)
  /// The value at a path lacks a field.
  case missing(path: String, field: String)
  /// The value at a path has a field too many.
  case unknown(path: String, field: String)
  /// A type is nested deeper than this program follows.
  case depth(path: String, maximum: Int)

  /// The kind of failure.
  public var kind: ErrorKind { .invalidData }

  /// What failed.
  public var what: String {
    switch self {
    case .mismatch(let path, _, _), .missing(let path, _), .unknown(let path, _),
      .depth(let path, _):
      path.isEmpty ? "the value" : "value \(path.quoted(limit: 300))"
    }
  }

  /// Why it failed.
  public var why: String {
    switch self {
    case .mismatch(_, let expected, let found):
      "expected \(expected.quotedIfUnsafe), found \(found.quotedIfUnsafe)"
    case .missing(_, let field): "it lacks \(field.quoted())"
    case .unknown(_, let field): "\(field.quoted()) is unknown"
    case .depth(_, let maximum): "it is nested deeper than \(maximum)"
    }
  }

  /// What to do about it.
  public var advice: String? { nil }
}

extension String {
  /// As it is where it holds only printable ASCII of a sensible length, quoted otherwise.
  var quotedIfUnsafe: String {
    utf8.count <= 300 && utf8.allSatisfy { (0x20...0x7E).contains($0) } ? self : quoted()
  }
}

extension ScaleValue {
  /// What kind of value this is, for messages.
  var kindName: String {
    switch self {
    case .bool: "a truth value"
    case .unsigned(let value): "the number \(value)"
    case .unsigned128(let value): "the number \(value)"
    case .signed(let value): "the number \(value)"
    case .signed128(let value): "the number \(value)"
    case .wide: "a number of 256 bits"
    case .text: "text"
    case .bytes(let bytes): "\(bytes.count) bytes"
    case .bits(let count, _): "\(count) bits"
    case .sequence(let values): "a list of \(values.count)"
    case .record(let fields): "a structure of \(fields.count) fields"
    case .variant(let variant): "variant \(variant.name)"
    }
  }
}
