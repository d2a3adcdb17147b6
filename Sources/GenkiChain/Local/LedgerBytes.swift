/// Weights and bonds of one neuron as the ledger holds them, four bytes an entry.
enum LedgerBytes {
  static func encode(_ entries: [UidWeight]) -> [UInt8] {
    var writer = ScaleWriter()
    for entry in entries {
      writer.append(integer: entry.uid)
      writer.append(integer: entry.weight)
    }
    return writer.bytes
  }

  /// Reads `encode`; nil where the bytes are something else.
  static func entries(_ bytes: [UInt8]) -> [UidWeight]? {
    var reader = ScaleReader(bytes)
    var entries: [UidWeight] = []
    while !reader.isAtEnd {
      guard let uid = try? reader.integer(UInt16.self),
        let weight = try? reader.integer(UInt16.self)
      else { return nil }
      entries.append(UidWeight(uid: uid, weight: weight))
    }
    return entries
  }
}
