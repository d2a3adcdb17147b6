/// A listing that is read once: names on the list, none twice, sizes possible.
struct ListingCheck {
  /// The files, in the order of the listing.
  let files: [(file: RepositoryFile, entry: HubEntry)]
  private let kinds: Set<RepositoryFile>

  /// Reads a hostile listing.
  init(_ listing: [HubEntry], limits: FileLimits) throws(FileRefusal) {
    let filesMaximum = min(limits.filesMaximum, HubLimits.entriesMaximum)
    guard listing.count <= filesMaximum else {
      throw .tooManyFiles(count: listing.count, limit: filesMaximum)
    }
    var files: [(file: RepositoryFile, entry: HubEntry)] = []
    var kinds: Set<RepositoryFile> = []
    for entry in listing {
      guard let file = RepositoryFile(name: entry.name) else { throw .forbidden(entry.name) }
      guard kinds.insert(file).inserted else { throw .duplicateName(name: file.name) }
      guard (0...HubLimits.fileBytesMaximum).contains(entry.bytes) else {
        throw .impossibleSize(name: file.name, bytes: entry.bytes)
      }
      var own = entry
      own.name = file.name
      files.append((file, own))
    }
    self.files = files
    self.kinds = kinds
  }

  func has(_ file: RepositoryFile) -> Bool { kinds.contains(file) }

  func require(_ file: RepositoryFile) throws(FileRefusal) {
    if !has(file) { throw .missing(name: file.name) }
  }

  /// The files of one whole model: `model.safetensors`, or all shards of one set and their index.
  func modelWeights() throws(FileRefusal) -> Set<RepositoryFile> {
    let shards = kinds.compactMap { file -> (number: Int, count: Int)? in
      guard case .shard(let number, let count) = file else { return nil }
      return (number, count)
    }.sorted { ($0.count, $0.number) < ($1.count, $1.number) }
    guard let first = shards.first, let last = shards.last else {
      if has(.shardIndex) {
        guard !has(.weights) else {
          throw .ambiguousWeights(
            name: RepositoryFile.weights.name, other: RepositoryFile.shardIndex.name)
        }
        throw .missing(name: RepositoryFile.shard(number: 1, count: 1).name)
      }
      try require(.weights)
      return [.weights]
    }
    let firstFile = RepositoryFile.shard(number: first.number, count: first.count)
    if has(.weights) {
      throw .ambiguousWeights(name: RepositoryFile.weights.name, other: firstFile.name)
    }
    guard first.count == last.count else {
      throw .ambiguousWeights(
        name: firstFile.name,
        other: RepositoryFile.shard(number: last.number, count: last.count).name)
    }
    for (index, shard) in shards.enumerated() where shard.number != index + 1 {
      throw .missing(name: RepositoryFile.shard(number: index + 1, count: first.count).name)
    }
    guard shards.count == first.count else {
      throw .missing(name: RepositoryFile.shard(number: shards.count + 1, count: first.count).name)
    }
    try require(.shardIndex)
    return Set(shards.map { .shard(number: $0.number, count: $0.count) } + [.shardIndex])
  }

  /// The entries of these files sorted by name, if each and their sum keep the limits.
  func entries(
    of wanted: Set<RepositoryFile>, limits: FileLimits
  ) throws(FileRefusal) -> [HubEntry] {
    var total = 0
    var largest: HubEntry?
    var entries: [HubEntry] = []
    for (file, entry) in files where wanted.contains(file) {
      let limit = min(limits.bytesPerFile, file.bytesMaximum ?? .max)
      guard entry.bytes <= limit else {
        throw .fileTooLarge(name: entry.name, bytes: entry.bytes, limit: limit)
      }
      // At most entriesMaximum sizes of at most fileBytesMaximum: far from the largest integer.
      total += entry.bytes
      if entry.bytes >= largest?.bytes ?? 0 { largest = entry }
      entries.append(entry)
    }
    guard total <= limits.bytesTotal else {
      throw .totalTooLarge(name: largest?.name ?? "", bytes: total, limit: limits.bytesTotal)
    }
    return entries.sorted { $0.name < $1.name }
  }
}
