/// The members of a JSON object in the order of the text, duplicates kept.
///
/// Look-up by key walks the members from the end; code that needs many look-ups in a large object
/// goes through `entries` once instead.
public struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// One member.
  public typealias Entry = (key: String, value: JSONValue)

  /// The members in order.
  public var entries: [Entry]

  /// An object with these members.
  public init(entries: [Entry] = []) { self.entries = entries }

  /// An object with these members.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    entries = elements.map { (key: $0.0, value: $0.1) }
  }

  /// The value of a key; of duplicates the last one, as most readers do.
  ///
  /// Setting replaces the last duplicate or appends; setting nil removes all.
  public subscript(key: String) -> JSONValue? {
    get { entries.last { $0.key == key }?.value }
    set {
      guard let newValue else {
        entries.removeAll { $0.key == key }
        return
      }
      if let index = entries.lastIndex(where: { $0.key == key }) {
        entries[index].value = newValue
      } else {
        entries.append((key: key, value: newValue))
      }
    }
  }

  /// The keys in order, duplicates kept.
  public var keys: [String] { entries.map(\.key) }

  /// Whether a key stands twice.
  public var hasDuplicateKeys: Bool { Set(entries.lazy.map(\.key)).count != entries.count }

  /// Whether both are the same.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.entries.count == right.entries.count
      && zip(left.entries, right.entries).allSatisfy { $0.key == $1.key && $0.value == $1.value }
  }
}
