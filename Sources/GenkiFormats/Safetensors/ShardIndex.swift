import GenkiCore

/// `model.safetensors.index.json`: which file holds which tensor of a model in several files.
struct ShardIndex {
  static let fileName = ModelFiles.shardIndex
  /// The file of each tensor.
  let fileOfTensor: [String: String]
  /// The files, sorted.
  let files: [String]

  private static let sizeLimit = 16 << 20
  private static let shardsLimit = 1024

  static func load(folder: String) throws -> ShardIndex {
    let path = "\(folder)/\(fileName)"
    let json = try JSONValue.parse(file: path, sizeLimit: sizeLimit)
    guard let map = json["weight_map"]?.objectValue else {
      throw WeightSetError.index(path: path, "weight_map is missing or is no object")
    }
    var fileOfTensor: [String: String] = [:]
    var files: Set<String> = []
    var shardCount: Int?
    for (tensor, value) in map.entries {
      guard let file = value.stringValue else {
        throw WeightSetError.index(
          path: path, "the file of tensor \(tensor.quoted()) is \(value.kindName), not a string")
      }
      guard let count = Self.shardCount(fileName: file), shardCount ?? count == count else {
        throw WeightSetError.index(
          path: path, "\(file.quoted()) is no name of a shard (model-00001-of-00002.safetensors)")
      }
      shardCount = count
      guard fileOfTensor.updateValue(file, forKey: tensor) == nil else {
        throw WeightSetError.index(path: path, "tensor \(tensor.quoted()) stands twice")
      }
      files.insert(file)
      guard files.count <= shardsLimit else {
        throw WeightSetError.index(path: path, "more than \(shardsLimit) shards")
      }
    }
    return ShardIndex(fileOfTensor: fileOfTensor, files: files.sorted())
  }

  /// The total of a name like model-00001-of-00002.safetensors; nil for every other name.
  static func shardCount(fileName: String) -> Int? {
    let parts = fileName.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0].elementsEqual("model".utf8), parts[2].elementsEqual("of".utf8),
      let number = fiveDigits(parts[1]), parts[3].dropFirst(5).elementsEqual(".safetensors".utf8),
      let count = fiveDigits(parts[3].prefix(5)), 1 <= number, number <= count
    else { return nil }
    return count
  }

  private static func fiveDigits(_ digits: Substring.UTF8View) -> Int? {
    guard digits.count == 5,
      digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    return digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
  }
}
