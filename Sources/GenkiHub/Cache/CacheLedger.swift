/// Which models a cache holds, how many bytes they take, and which of them goes next. Decides only;
/// the cache carries it out.
struct CacheLedger: Sendable {
  struct Item: Sendable, Hashable {
    var bytes: Int
    /// Grows with each use.
    var lastUse: Int
  }

  private(set) var items: [String: Item] = [:]
  private(set) var pinned: Set<String> = []
  /// Models that a call works on; they are not evicted, and no second call works on them.
  private(set) var busy: Set<String> = []
  /// Bytes that running fetches may still write.
  private(set) var reserved: [String: Int] = [:]
  private var uses = 0

  /// Bytes on disk and bytes promised.
  var bytesPlanned: Int {
    items.values.reduce(0) { $0 + $1.bytes } + bytesReserved
  }

  /// Bytes promised to running fetches.
  var bytesReserved: Int { reserved.values.reduce(0, +) }

  /// Bytes of the models that may go.
  var bytesEvictable: Int { evictable.reduce(0) { $0 + $1.value.bytes } }

  mutating func use(_ key: String, bytes: Int) {
    uses += 1
    items[key] = Item(bytes: bytes, lastUse: uses)
  }

  mutating func forget(_ key: String) { items[key] = nil }

  mutating func begin(_ key: String) -> Bool { busy.insert(key).inserted }

  mutating func end(_ key: String) {
    busy.remove(key)
    reserved[key] = nil
  }

  mutating func reserve(_ bytes: Int, for key: String) { reserved[key] = bytes }

  mutating func pin(_ key: String) { pinned.insert(key) }

  mutating func unpin(_ key: String) { pinned.remove(key) }

  /// The least recently used model that may go.
  var next: String? {
    evictable.min { ($0.value.lastUse, $0.key) < ($1.value.lastUse, $1.key) }?.key
  }

  private var evictable: [String: Item] {
    items.filter { !pinned.contains($0.key) && !busy.contains($0.key) }
  }
}
