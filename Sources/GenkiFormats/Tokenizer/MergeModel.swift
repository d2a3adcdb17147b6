/// What the pieces of a text are merged by: symbols, merges and whole pieces.
struct MergeModel: Sendable {
  let vocabulary: Vocabulary
  let symbols: SymbolTable
  let merges: MergeTable
  /// `ignore_merges`: a piece that is itself a token is taken whole.
  let takesWholePieces: Bool
  /// Where pieces can be cut; nil if nowhere.
  let joins: JoinTable?
  /// Whether text of characters is cut into words: U+2581 is a token.
  let cutsWords: Bool
  /// Ids that are never given, whatever the text.
  let refused: Set<Int32>

  /// The model of a file; `mergeList` are the same merges as `merges`.
  init(
    vocabulary: Vocabulary, kind: SymbolTable.Kind, mergeList: [MergeTable.Merge],
    takesWholePieces: Bool
  ) {
    self.vocabulary = vocabulary
    symbols = SymbolTable(vocabulary, kind: kind)
    merges = MergeTable(mergeList)
    self.takesWholePieces = takesWholePieces
    refused = []
    cutsWords = Self.cutsWords(symbols)
    guard symbols.dropsNothing else {
      joins = nil
      return
    }
    var uncommon: Set<Int32> = []
    if case .characters(let fallback, let unknown, _) = kind {
      if fallback { uncommon.formUnion(SymbolTable.fallbackIDs(vocabulary)) }
      if let unknown { uncommon.insert(unknown) }
    }
    joins = JoinTable(
      mergeList, vocabulary, isByteLevel: kind == .bytes, uncommon: uncommon)
  }

  /// The same model, which never gives one of the ids: what only they could encode becomes
  /// `SymbolTable.refused`.
  init(_ model: MergeModel, refusing refused: Set<Int32>) {
    vocabulary = model.vocabulary
    symbols = SymbolTable(model.vocabulary, kind: model.symbols.kind, refusing: refused)
    merges = MergeTable(model.merges, refusing: refused)
    takesWholePieces = model.takesWholePieces
    self.refused = refused
    cutsWords = Self.cutsWords(symbols)
    // Fewer merges join no more than more did.
    joins = symbols.dropsNothing ? model.joins : nil
  }

  /// The same model without these ids; nil if it does not give them anyway.
  func guarded(against ids: [Int32]) -> MergeModel? {
    let results = merges.results(among: Set(ids))
    let givable = ids.filter { id in
      if results.contains(id) { return true }
      if symbols.unknownID == id, !symbols.coversEveryText { return true }
      guard let bytes = vocabulary.bytes(of: id), vocabulary.id(ofBytes: bytes) == id else {
        return false
      }
      return takesWholePieces || symbols.canBe(id, bytes)
    }
    return givable.isEmpty ? nil : MergeModel(self, refusing: Set(ids))
  }

  private static func cutsWords(_ symbols: SymbolTable) -> Bool {
    Metaspace.bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress, symbols.kind != .bytes else { return false }
      return symbols.id(base, bytes.count) != SymbolTable.none
    }
  }

  /// The id of a piece that is taken whole.
  @inline(__always)
  func wholeID(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32? {
    guard takesWholePieces,
      let id = vocabulary.id(ofBytes: UnsafeBufferPointer(start: bytes, count: count)),
      refused.isEmpty || !refused.contains(id)
    else { return nil }
    return id
  }

  /// Whether text is taken apart into characters and not cut by a byte-level pre-tokenizer.
  var isOfCharacters: Bool { symbols.kind != .bytes }
}
