/// A Python dict: keys in the order in which they came; it never changes.
final class ObjectValue: Sendable {
  let keys: [Value]
  let values: [Value]
  /// The origin of the braces and commas.
  let mark: Int32
  /// How deep lists and objects nest in it, itself included.
  let depth: Int
  /// Where a key stands; nil while there are few, which are found faster by walking them. Tuples
  /// can be large however few they are.
  fileprivate let places: [HashKey: Int]?

  private static let fewKeys = 12

  /// An object of entries; of keys that come twice the last value stays, at the first place.
  init(entries: ObjectEntries, mark: Int32) {
    keys = entries.keys
    values = entries.values
    self.mark = mark
    places =
      entries.keys.count > Self.fewKeys || entries.hasTupleKeys ? entries.places : nil
    let deepest = max(
      values.reduce(0) { max($0, $1.depth) }, keys.reduce(0) { max($0, $1.depth) })
    depth = 1 + deepest
  }

  var count: Int { keys.count }

  /// The value of a text key.
  func value(ofText key: MarkedText) -> Value? { value(ofBytes: key.bytes) }

  func value(ofBytes key: [UInt8]) -> Value? {
    if let places { return places[.text(key)].map { values[$0] } }
    for index in keys.indices {
      if case .text(let text) = keys[index], text.bytes == key { return values[index] }
    }
    return nil
  }

  /// The value of a key of any kind.
  func value(of key: HashKey) -> Value? {
    if case .text(let bytes) = key { return value(ofBytes: bytes) }
    if let places { return places[key].map { values[$0] } }
    for index in keys.indices where HashKey(single: keys[index]) == key { return values[index] }
    return nil
  }

  func item(_ index: Int) -> Value { .tuple(ListValue([keys[index], values[index]], mark: mark)) }
}

/// What makes two keys of an object the same: Python's equality, without marks.
enum HashKey: Hashable, Sendable {
  case none
  case int(Int)
  case float(UInt64)
  case text([UInt8])
  case tuple([HashKey])
  case range(count: Int, start: Int, step: Int)
  /// Something that is only the same as itself.
  case identity(kind: Int8, number: Int)

  /// The key of a value that has no parts; nil if Python could not hash it. `Renderer.hashKey`
  /// makes those of tuples, whose work must be counted.
  init?(single value: Value) {
    switch value {
    case .none: self = .none
    case .bool(let value, _): self = .int(value ? 1 : 0)
    case .int(let value, _): self = .int(value)
    case .unsigned(let value, _): self = .identity(kind: 9, number: Int(bitPattern: UInt(value)))
    case .float(let value, _):
      if let whole = Int(exactly: value) {
        self = .int(whole)
      } else {
        self = .float(value.bitPattern)
      }
    case .text(let text): self = .text(text.bytes)
    case .undefined, .missing: self = .identity(kind: 0, number: 0)
    case .range(let range):
      // Ranges of the same numbers are the same.
      self = .range(
        count: range.count, start: range.count > 0 ? range.start : 0,
        step: range.count > 1 ? range.step : 0)
    case .namespace(let number): self = .identity(kind: 2, number: number)
    case .macro(let number): self = .identity(kind: 3, number: number)
    case .loop(let number): self = .identity(kind: 4, number: number)
    case .iterator(let number): self = .identity(kind: 5, number: number)
    case .cycler(let number): self = .identity(kind: 6, number: number)
    case .joiner(let number): self = .identity(kind: 7, number: number)
    case .function(let function):
      self = .identity(kind: 8, number: BuiltinFunction.allCases.firstIndex(of: function) ?? 0)
    case .tuple, .list, .object, .view, .method: return nil
    }
  }
}

/// Collects the entries of an object.
struct ObjectEntries {
  private(set) var keys: [Value] = []
  private(set) var values: [Value] = []
  private(set) var places: [HashKey: Int] = [:]

  private(set) var hasTupleKeys = false

  init() {}

  /// Entries that are an object's already.
  init(_ object: ObjectValue) {
    keys = object.keys
    values = object.values
    if let known = object.places {
      places = known
      hasTupleKeys = keys.contains { if case .tuple = $0 { true } else { false } }
      return
    }
    for index in keys.indices {
      if let key = HashKey(single: keys[index]) { places[key] = index }
    }
  }

  func value(ofText key: [UInt8]) -> Value? { places[.text(key)].map { values[$0] } }

  /// Sets a text key.
  mutating func set(_ key: MarkedText, _ value: Value) {
    set(.text(key), .text(key.bytes), value)
  }

  /// Sets a key whose hash is known.
  mutating func set(_ key: Value, _ hash: HashKey, _ value: Value) {
    if let place = places[hash] {
      values[place] = value
    } else {
      if case .tuple = hash { hasTupleKeys = true }
      places[hash] = keys.count
      keys.append(key)
      values.append(value)
    }
  }
}

extension Renderer {
  /// The key of a value; nil if Python could not hash it. A tuple may hold another one many times,
  /// and each time counts.
  func hashKey(_ value: Value) throws(TemplateError) -> HashKey? {
    switch value {
    case .text(let text):
      try step(text.bytes.count / 64)
      return .text(text.bytes)
    case .tuple(let list):
      try step(list.items.count + 1)
      try allocate(list.items.count * 24 + 32)
      var keys: [HashKey] = []
      keys.reserveCapacity(list.items.count)
      for item in list.items {
        guard let key = try hashKey(item) else { return nil }
        keys.append(key)
      }
      return .tuple(keys)
    default: return HashKey(single: value)
    }
  }

  /// Sets a key of an object that is made.
  func set(
    _ key: Value, _ value: Value, in entries: inout ObjectEntries
  ) throws(TemplateError) {
    guard let hash = try hashKey(key) else { throw unhashable(key) }
    entries.set(key, hash, value)
  }
}
