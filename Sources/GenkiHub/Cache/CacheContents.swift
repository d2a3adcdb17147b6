/// What a cache has on disk, looked at once while it is locked.
struct CacheContents {
  /// A model and the contents that it has, by inode.
  struct Model {
    var key: String
    var usedNanoseconds: Int
    var inodes: Set<UInt>
    var bytesArriving: Int
  }

  let models: [Model]
  /// Bytes of each content, by inode.
  private let sizes: [UInt: Int]

  init(_ folder: CacheFolder) {
    var sizes: [UInt: Int] = [:]
    models = folder.allModels().map { model in
      let contents = model.contents
      for content in contents { sizes[content.inode] = content.bytes }
      return Model(
        key: model.key, usedNanoseconds: model.usedNanoseconds,
        inodes: Set(contents.map(\.inode)), bytesArriving: model.bytesArriving)
    }
    for path in folder.allBlobs() {
      if let blob = CachedFileStatus(path: path) { sizes[blob.inode] = blob.bytes }
    }
    self.sizes = sizes
  }

  /// The bytes of all contents; one that several models have counts once.
  var bytes: Int { sizes.values.reduce(0, +) }

  /// The bytes that fetches still bring, given what they have claimed in all.
  func bytesAwaited(_ wanted: [String: Int]) -> Int {
    let arriving = Dictionary(
      models.map { ($0.key, $0.bytesArriving) }, uniquingKeysWith: { first, _ in first })
    return wanted.reduce(0) { $0 + max(0, $1.value - (arriving[$1.key] ?? 0)) }
  }

  /// The models that have to go so that so many bytes become free, the least recently used first; nil
  /// if all that may go are not enough.
  ///
  /// A content becomes free with the last model that has it. A model whose going frees nothing stays.
  func victims(freeing excess: Int, mayGo: (String) -> Bool) -> [String]? {
    guard excess > 0 else { return [] }
    var holders: [UInt: Int] = [:]
    for model in models { for inode in model.inodes { holders[inode, default: 0] += 1 } }
    var chosen: [Model] = []
    var freed = 0
    let oldestFirst = models.sorted {
      ($0.usedNanoseconds, $0.key) < ($1.usedNanoseconds, $1.key)
    }
    for model in oldestFirst where freed < excess && mayGo(model.key) {
      chosen.append(model)
      for inode in model.inodes {
        holders[inode, default: 0] -= 1
        if holders[inode] == 0 { freed += sizes[inode] ?? 0 }
      }
    }
    guard freed >= excess else { return nil }
    return chosen.filter { $0.inodes.contains { holders[$0] == 0 } }.map(\.key)
  }
}

extension ModelCache {
  /// The bytes that the models in a cache's folder take, for a look from outside: nothing is made,
  /// locked or removed.
  public static func bytesUsed(folder: String) -> Int {
    CacheContents(CacheFolder(lookingAt: folder)).bytes
  }
}
