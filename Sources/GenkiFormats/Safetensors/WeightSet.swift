import GenkiCore
import GenkiTensor

/// All weights of a model or adapter folder: one safetensors file, or an index and its shards.
public struct WeightSet: Sendable {
  /// The folder.
  public let folder: String
  /// The weight files, sorted by name.
  public let files: [String]
  /// The names of all tensors, sorted.
  public let names: [String]

  private let contents: [SafetensorsFile]
  private let places: [String: (file: Int, info: TensorInfo)]

  /// Opens a folder's weights: adapter_model.safetensors of an adapter folder; else model.safetensors,
  /// or the shards that model.safetensors.index.json names.
  ///
  /// Throws if a file is invalid, if a mapped tensor is missing from its shard, or if a shard holds
  /// one that is not mapped to it.
  public static func open(
    folder: String, limits: SafetensorsLimits = .reference
  ) throws -> WeightSet {
    try ModelFolder.requireWeights(folder)
    if ModelFolder.isAdapter(folder) {
      return try WeightSet(folder: folder, files: [ModelFiles.adapterWeights], limits: limits)
    }
    if ModelFolder.hasFile(ModelFiles.weights, in: folder) {
      return try WeightSet(folder: folder, files: [ModelFiles.weights], limits: limits)
    }
    let index = try ShardIndex.load(folder: folder)
    let set = try WeightSet(folder: folder, files: index.files, limits: limits)
    try set.check(against: index)
    return set
  }

  /// Opens these files of a folder as one set; a tensor may be in one file only.
  init(folder: String, files: [String], limits: SafetensorsLimits) throws {
    self.folder = folder
    self.files = files.sorted()
    contents = try self.files.map {
      try SafetensorsFile(path: "\(folder)/\($0)", limits: limits)
    }
    var places: [String: (file: Int, info: TensorInfo)] = [:]
    for (index, file) in contents.enumerated() {
      for info in file.tensors {
        guard places.updateValue((index, info), forKey: info.name) == nil else {
          throw WeightSetError.unmappedTensor(path: file.path, tensor: info.name)
        }
      }
    }
    self.places = places
    names = places.keys.sorted()
  }

  private func check(against index: ShardIndex) throws {
    for (tensor, file) in index.fileOfTensor.sorted(by: { $0.key < $1.key }) {
      guard let place = places[tensor], files[place.file] == file else {
        throw WeightSetError.tensorNotInShard(path: "\(folder)/\(file)", tensor: tensor)
      }
    }
    for name in names where index.fileOfTensor[name] == nil {
      let file = places[name].map { contents[$0.file].path } ?? folder
      throw WeightSetError.unmappedTensor(path: file, tensor: name)
    }
  }

  /// The opened files, in the order of `files`.
  public var openFiles: [SafetensorsFile] { contents }

  /// Their mappings.
  package var mappedFiles: [MappedFile] { contents.map(\.file) }

  /// The number of elements of all tensors.
  public var elementCount: Int { places.values.reduce(0) { $0 + $1.info.elementCount } }

  /// The bytes of all files.
  public var byteCount: Int { contents.reduce(0) { $0 + $1.byteCount } }

  /// Type, shape and place of a tensor, if there is one of this name.
  public func info(_ name: String) -> TensorInfo? { places[name]?.info }

  /// A tensor to be read many times, if there is one of this name.
  public func tensor(_ name: String) -> StoredTensor? {
    places[name].map { StoredTensor(info: $0.info, file: contents[$0.file]) }
  }

  /// The name of the file that holds a tensor.
  public func fileName(of name: String) -> String? { places[name].map { files[$0.file] } }

  /// Reads a tensor, or a range of its elements, as float32.
  ///
  /// Throws if there is no such tensor or if its type is none of F32, F16, BF16 and F64.
  public func readFloats(
    _ name: String, range: Range<Int>? = nil, into out: UnsafeMutablePointer<Float>
  ) throws {
    guard let place = places[name] else {
      throw WeightSetError.noSuchTensor(folder: folder, name: name)
    }
    let file = contents[place.file]
    if let range {
      try file.readFloats(place.info, range: range, into: out)
    } else {
      try file.readFloats(place.info, into: out)
    }
  }

  /// Copies a tensor, or a range of its elements, as it is stored; its elements are whole bytes.
  package func readStored(
    _ name: String, range: Range<Int>? = nil, into out: UnsafeMutableRawPointer
  ) throws {
    guard let place = places[name] else {
      throw WeightSetError.noSuchTensor(folder: folder, name: name)
    }
    contents[place.file].readStored(
      place.info, range: range ?? 0..<place.info.elementCount, into: out)
  }

  /// Where the first element of a tensor that is infinite or not a number stands.
  ///
  /// Nil if there is none, no such tensor, or its type is none of F32, F16, BF16 and F64.
  public func firstNonFinite(_ name: String) -> Int? {
    guard let place = places[name] else { return nil }
    return contents[place.file].firstNonFinite(place.info)
  }

  /// The hash that names this content: SHA-256 of the lines that `sha256sum` prints for the weight
  /// files sorted by name.
  public func contentDigest() throws -> ContentDigest {
    try MappedFiles.checked(mappedFiles) { contentDigest(files: contents.map { $0.digest() }) }
  }

  /// The same for several sets, whose files are hashed by all threads, each file by one of them.
  ///
  /// With `keepsPages` the files' pages stay mapped, for a caller that reads them right after.
  public static func contentDigests(
    _ sets: [WeightSet], keepsPages: Bool = false, pool: WorkerPool
  ) -> [ContentDigest] {
    let digests = FileDigests(files: sets.flatMap(\.contents).map(\.file), keepsPages: keepsPages)
      .computed(pool: pool)
    var start = 0
    return sets.map { set in
      defer { start += set.contents.count }
      return set.contentDigest(files: digests[start..<start + set.contents.count])
    }
  }

  private func contentDigest(files digests: some Collection<ContentDigest>) -> ContentDigest {
    var hasher = SHA256Hasher()
    for (name, digest) in zip(files, digests) {
      hasher.update("\(digest.hex)  \(name)\n".utf8)
    }
    return hasher.finish()
  }
}
