/// Keys and values of the chain's state.
extension RuntimeMetadata {
  /// The key of a value, or of one value of a map.
  ///
  /// - Throws: `ScaleValueError` if the parts are not those of the map's keys.
  public func storageKey(of entry: StorageEntry, _ parts: [ScaleValue] = []) throws -> [UInt8] {
    guard parts.count == entry.hashers.count else {
      throw ScaleValueError.mismatch(
        path: "key of \(entry.path)", expected: "\(entry.hashers.count) parts",
        found: "\(parts.count)")
    }
    return try storagePrefix(of: entry, parts)
  }

  /// What the keys of a map begin with, for all its values or for those of the first parts.
  public func storagePrefix(of entry: StorageEntry, _ parts: [ScaleValue] = []) throws -> [UInt8] {
    guard parts.count <= entry.hashers.count else {
      throw ScaleValueError.mismatch(
        path: "key of \(entry.path)", expected: "at most \(entry.hashers.count) parts",
        found: "\(parts.count)")
    }
    var key =
      StorageHasher.twox(Array(entry.prefix.utf8), count: 16)
      + StorageHasher.twox(Array(entry.name.utf8), count: 16)
    let encoder = ValueEncoder(types)
    let partTypes = try keyTypes(of: entry)
    for (index, part) in parts.enumerated() {
      let bytes = try encoder.encode(
        part, as: partTypes[index], path: "key of \(entry.path)[\(index)]")
      key += try entry.hashers[index].key(bytes)
    }
    return key
  }

  /// The key of a value by names.
  public func storageKey(
    _ pallet: String, _ item: String, _ parts: [ScaleValue] = []
  ) throws -> [UInt8] {
    try storageKey(of: try storage(pallet, item), parts)
  }

  /// What the keys of a map begin with, by names.
  public func storagePrefix(
    _ pallet: String, _ item: String, _ parts: [ScaleValue] = []
  ) throws -> [UInt8] {
    try storagePrefix(of: try storage(pallet, item), parts)
  }

  /// The parts of a full key; nil for a part of which the key holds only a hash.
  ///
  /// Where a hash stands before its part it is compared.
  ///
  /// - Throws: `ScaleError` if it is no key of the entry.
  public func keyParts(of key: [UInt8], in entry: StorageEntry) throws -> [ScaleValue?] {
    let prefix = try storagePrefix(of: entry)
    guard key.starts(with: prefix) else {
      throw ScaleError.unexpected(
        offset: 0, expected: "the prefix of \(entry.path)", found: "another key")
    }
    guard key.count <= 4096 else {
      throw ScaleError.limit(offset: 0, what: "bytes of a key", maximum: 4096)
    }
    let partTypes = try keyTypes(of: entry)
    let decoder = ValueDecoder(types)
    var reader = ScaleReader(key)
    _ = try reader.take(prefix.count)
    var parts: [ScaleValue?] = []
    for (hasher, type) in zip(entry.hashers, partTypes) {
      let start = reader.offset
      let hash = try reader.take(hasher.hashByteCount, "bytes of a hash")
      guard hasher.isReversible else {
        parts.append(nil)
        continue
      }
      let partStart = reader.offset
      parts.append(try decoder.decode(from: &reader, as: type))
      let part = Array(key[partStart..<reader.offset])
      guard try hasher.key(part).starts(with: hash) else {
        throw ScaleError.unexpected(
          offset: start, expected: "the hash of the part that follows", found: "another")
      }
    }
    try reader.finish()
    return parts
  }

  /// A stored value: of an absent one the entry's default, or nil where absent is absent.
  public func storageValue(of entry: StorageEntry, _ bytes: [UInt8]?) throws -> ScaleValue? {
    guard let bytes = storedBytes(of: entry, bytes) else { return nil }
    return try ValueDecoder(types).decode(bytes, as: entry.value)
  }

  /// The bytes of a stored value: of an absent one the entry's default, or nil where absent is
  /// absent. For the lists of `ValueDecoder`.
  public func storedBytes(of entry: StorageEntry, _ bytes: [UInt8]?) -> [UInt8]? {
    bytes ?? (entry.modifier == .default ? entry.fallback : nil)
  }

  /// The types of the parts of an entry's keys.
  private func keyTypes(of entry: StorageEntry) throws -> [TypeID] {
    guard let key = entry.key, entry.hashers.count != 1 else {
      return entry.key.map { [$0] } ?? []
    }
    guard case .tuple(let ids) = try types[key].shape, ids.count == entry.hashers.count else {
      throw MetadataError.inconsistent(
        what: "key of \(entry.path)",
        reason: "\(entry.hashers.count) hashers for \(types.describe(key))")
    }
    return ids
  }
}
