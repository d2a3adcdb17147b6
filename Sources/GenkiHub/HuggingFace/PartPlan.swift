import GenkiCore
import GenkiHTTP

/// Where the parts of a content go.
struct PartPlan: Equatable {
  /// Parts of one content.
  static let partsMaximum = 10_000

  /// Bytes of each part but the last.
  let partBytes: Int
  /// The address of each part, the first one's first. Secret: who knows one can write there.
  let addresses: [HTTPURL]
  /// Told when all parts are there.
  let completion: HTTPURL
  /// Asked at the end whether it arrived.
  let verification: HTTPURL?

  init(partBytes: Int, addresses: [HTTPURL], completion: HTTPURL, verification: HTTPURL?) {
    self.partBytes = partBytes
    self.addresses = addresses
    self.completion = completion
    self.verification = verification
  }

  /// Reads an offer's header: `chunk_size`, and the addresses under their numbers.
  init(
    header: [JSONObject.Entry], partSize: JSONValue, completion: HTTPURL, verification: HTTPURL?,
    bytes: Int, source: String
  ) throws {
    guard let size = partSize.stringValue.flatMap(Int.init) ?? partSize.intValue, size > 0 else {
      throw LargeFileOffer.Problem(reason: "the hub's size of parts is none")
    }
    let count = (bytes - 1) / size + 1
    guard count <= Self.partsMaximum else {
      throw LargeFileOffer.Problem(reason: "the hub wants it in \(count) parts")
    }
    var numbered: [Int: HTTPURL] = [:]
    for entry in header {
      guard !entry.key.isEmpty, entry.key.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        continue
      }
      guard let number = Int(entry.key), (1...count).contains(number),
        numbered.updateValue(
          try LargeFileOffer.address(entry.value, of: "part \(number)", source), forKey: number)
          == nil
      else {
        throw LargeFileOffer.Problem(
          reason: "the hub offers a part \(entry.key.quoted(limit: 20)) of \(count)")
      }
    }
    guard numbered.count == count else {
      throw LargeFileOffer.Problem(
        reason: "the hub offers \(numbered.count) parts where \(count) are needed")
    }
    self.init(
      partBytes: size, addresses: numbered.sorted { $0.key < $1.key }.map(\.value),
      completion: completion, verification: verification)
  }

  /// Bytes of a part, counted from 1.
  func length(of number: Int, bytes: Int) -> Int {
    min(partBytes, bytes - (number - 1) * partBytes)
  }
}
