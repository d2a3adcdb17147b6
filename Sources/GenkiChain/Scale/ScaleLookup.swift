/// A place in a value: it remembers the path that led there, and what went wrong on the way.
///
/// Steps do not throw; what is taken out at the end does, and names the path.
public struct ScaleLookup: Sendable {
  /// The steps from the root, as `data.free` or `[3].hotkey`.
  public let path: String
  private let result: Result<ScaleValue, ScaleValueError>

  init(path: String, result: Result<ScaleValue, ScaleValueError>) {
    self.path = path
    self.result = result
  }

  /// The root of a value.
  public init(_ value: ScaleValue, path: String = "") {
    self.init(path: path, result: .success(value))
  }

  /// The value itself.
  public var value: ScaleValue {
    get throws(ScaleValueError) { try result.get() }
  }

  /// A named field of a structure or of a variant.
  public subscript(name: String) -> ScaleLookup {
    step(path.isEmpty ? name : "\(path).\(name)") { value throws(ScaleValueError) in
      let fields: [ScaleField]
      switch value {
      case .record(let content): fields = content
      case .variant(let variant): fields = variant.fields
      default: throw mismatch("a structure", value)
      }
      guard let field = fields.first(where: { $0.name == name }) else {
        throw .missing(path: path, field: name)
      }
      return field.value
    }
  }

  /// An element of a list, or a field by its place.
  public subscript(index: Int) -> ScaleLookup {
    step("\(path)[\(index)]") { value throws(ScaleValueError) in
      let element: ScaleValue?
      switch value {
      case .sequence(let values): element = values.indices.contains(index) ? values[index] : nil
      case .record(let fields):
        element = fields.indices.contains(index) ? fields[index].value : nil
      case .variant(let variant):
        element = variant.fields.indices.contains(index) ? variant.fields[index].value : nil
      default: throw mismatch("a list", value)
      }
      guard let element else { throw .missing(path: path, field: "[\(index)]") }
      return element
    }
  }

  private func step(
    _ path: String, _ body: (ScaleValue) throws(ScaleValueError) -> ScaleValue
  ) -> ScaleLookup {
    do {
      return ScaleLookup(path: path, result: .success(try body(try value)))
    } catch {
      return ScaleLookup(path: path, result: .failure(error))
    }
  }

  private func mismatch(_ expected: String, _ found: ScaleValue) -> ScaleValueError {
    .mismatch(path: path, expected: expected, found: found.kindName)
  }

  // MARK: What is taken out

  /// A truth value.
  public func bool() throws(ScaleValueError) -> Bool {
    let value = try value
    guard case .bool(let flag) = value else { throw mismatch("a truth value", value) }
    return flag
  }

  /// A number without sign that fits a type.
  public func unsigned<Number: FixedWidthInteger & UnsignedInteger>(
    _ type: Number.Type = Number.self
  ) throws(ScaleValueError) -> Number {
    let value = try value
    let number: Number? =
      switch value {
      case .unsigned(let number): Number(exactly: number)
      case .unsigned128(let number): Number(exactly: number)
      default: nil
      }
    guard let number else {
      throw mismatch("a number without sign of \(Number.bitWidth) bits", value)
    }
    return number
  }

  /// A number with or without sign that fits a type.
  public func signed<Number: FixedWidthInteger & SignedInteger>(
    _ type: Number.Type = Number.self
  ) throws(ScaleValueError) -> Number {
    let value = try value
    let number: Number? =
      switch value {
      case .signed(let number): Number(exactly: number)
      case .signed128(let number): Number(exactly: number)
      case .unsigned(let number): Number(exactly: number)
      case .unsigned128(let number): Number(exactly: number)
      default: nil
      }
    guard let number else {
      throw mismatch("a number with sign of \(Number.bitWidth) bits", value)
    }
    return number
  }

  /// Text.
  public func text() throws(ScaleValueError) -> String {
    let value = try value
    guard case .text(let text) = value else { throw mismatch("text", value) }
    return text
  }

  /// Bytes; an empty list counts as no bytes.
  public func bytes(count: Int? = nil) throws(ScaleValueError) -> [UInt8] {
    let value = try value
    switch value {
    case .bytes(let bytes) where count == nil || bytes.count == count: return bytes
    case .sequence(let values) where values.isEmpty && (count ?? 0) == 0: return []
    default: throw mismatch(count.map { "\($0) bytes" } ?? "bytes", value)
    }
  }

  /// The address of an account of 32 bytes, in Bittensor's format.
  public func accountID() throws(ScaleValueError) -> SS58Address {
    let key = try bytes(count: 32)
    do {
      return try SS58Address(publicKey: key)
    } catch {
      throw .mismatch(path: path, expected: "an account", found: "\(key.count) bytes")
    }
  }

  /// The elements of a list, or the fields of a tuple.
  public func elements() throws(ScaleValueError) -> [ScaleLookup] {
    let value = try value
    let values: [ScaleValue]
    switch value {
    case .sequence(let content): values = content
    case .record(let fields): values = fields.map(\.value)
    default: throw mismatch("a list", value)
    }
    return values.enumerated().map { ScaleLookup($1, path: "\(path)[\($0)]") }
  }

  /// A form of an enumeration.
  public func variant() throws(ScaleValueError) -> ScaleVariant {
    let value = try value
    guard case .variant(let variant) = value else { throw mismatch("a variant", value) }
    return variant
  }

  /// The content of an `Option`: nil if it is `None`.
  public var option: ScaleLookup? {
    get throws(ScaleValueError) {
      let variant = try variant()
      switch (variant.name, variant.fields.count) {
      case ("None", 0): return nil
      case ("Some", 1): return ScaleLookup(variant.fields[0].value, path: path)
      default: throw mismatch("None or Some", try value)
      }
    }
  }
}

extension ScaleValue {
  /// The root for reading: `value.root["data"]["free"].unsigned(UInt64.self)`.
  public var root: ScaleLookup { ScaleLookup(self) }
  /// A named field of a structure or of a variant.
  public subscript(name: String) -> ScaleLookup { root[name] }
  /// An element of a list, or a field by its place.
  public subscript(index: Int) -> ScaleLookup { root[index] }
}
