import Foundation
import GenkiCore
import GenkiHTTP
import Glibc

/// What is stored of a content that goes up in parts, on this machine's disk, so that a restart goes on.
///
/// One file a content: the first line is the plan, each further one a part that has arrived. Lines are
/// appended and synced; a torn last one is a part that is sent again. The addresses in it are secret,
/// so the file is readable for its owner only. It holds no token.
final class UploadRecord {
  /// Addresses that are older are taken for expired.
  static let secondsMaximum = 12.0 * 3_600
  private static let bytesMaximum = 64 << 20
  private static let format = 1
  private static let suffix = ".upload"

  private let path: String
  private let descriptor: Int32
  private let now: Double
  /// The offer that was taken; nil if there is none.
  private(set) var plan: PartPlan?
  /// The tags of the parts that have arrived, by number.
  private(set) var tags: [Int: String] = [:]

  /// Opens the record of a content, or makes one.
  ///
  /// - Returns: Nil if there is no folder, or another process uploads this very content.
  static func open(
    folder: String?, source: String, repository: RepositoryID, file: UploadFile, now: Double
  ) -> UploadRecord? {
    guard let folder else { return nil }
    removeOld(in: folder, now: now)
    let key = SHA256Hasher.digest(
      of: "genki-dama/upload/1\0\(source)\0\(repository)\0\(file.digest.hex)".utf8)
    let path = "\(folder)/\(key.hex)\(suffix)"
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      _ = Glibc.close(descriptor)
      return nil
    }
    let record = UploadRecord(path: path, descriptor: descriptor, now: now)
    record.load(bytes: file.bytes)
    return record
  }

  private init(path: String, descriptor: Int32, now: Double) {
    self.path = path
    self.descriptor = descriptor
    self.now = now
  }

  deinit { _ = Glibc.close(descriptor) }

  /// Frees it for others; what it says stays.
  func close() { flock(descriptor, LOCK_UN) }

  /// The content is stored: nothing is to be remembered.
  func remove() {
    plan = nil
    tags = [:]
    unlink(path)
  }

  /// The offer is void.
  func forget() {
    plan = nil
    tags = [:]
    ftruncate(descriptor, 0)
  }

  /// Notes a part that has arrived. A disk that does not take the note costs a part sent twice, not
  /// the upload.
  func note(part number: Int, tag: String, plan: PartPlan) {
    if self.plan != plan {
      forget()
      self.plan = plan
      append([
        "format": JSONValue(Self.format), "made": .number(now),
        "part_bytes": JSONValue(plan.partBytes), "complete": .string(plan.completion.absolute),
        "verify": JSONValue(plan.verification?.absolute),
        "parts": .array(plan.addresses.map { .string($0.absolute) }),
      ])
    }
    tags[number] = tag
    append(["part": JSONValue(number), "etag": .string(tag)])
  }

  private func append(_ json: JSONValue) {
    let line = Array((json.encoded() + "\n").utf8)
    let end = lseek(descriptor, 0, SEEK_END)
    let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count != line.count { ftruncate(descriptor, max(0, end)) }
    fdatasync(descriptor)
  }

  private func load(bytes: Int) {
    guard let content = try? TextFile.readBytes(path, sizeLimit: Self.bytesMaximum) else { return }
    var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // What follows the last line end is torn.
    lines.removeLast()
    guard let first = lines.first, let plan = plan(Array(first), bytes: bytes) else {
      return forget()
    }
    self.plan = plan
    var good = first.count + 1
    for line in lines.dropFirst() {
      guard let json = try? JSONValue.parse(Array(line), source: path),
        let number = json["part"]?.intValue, (1...plan.addresses.count).contains(number),
        let tag = json["etag"]?.stringValue, !tag.isEmpty
      else { break }
      tags[number] = tag
      good += line.count + 1
    }
    ftruncate(descriptor, good)
  }

  private func plan(_ line: [UInt8], bytes: Int) -> PartPlan? {
    guard let json = try? JSONValue.parse(line, source: path),
      json["format"]?.intValue == Self.format, let made = json["made"]?.doubleValue,
      (0...Self.secondsMaximum).contains(now - made), let size = json["part_bytes"]?.intValue,
      size > 0, let list = json["parts"]?.arrayValue, list.count == (bytes - 1) / size + 1,
      let completion = json["complete"]?.stringValue.flatMap({ try? HTTPURL($0) })
    else { return nil }
    let addresses = list.compactMap { $0.stringValue.flatMap { try? HTTPURL($0) } }
    guard addresses.count == list.count else { return nil }
    return PartPlan(
      partBytes: size, addresses: addresses, completion: completion,
      verification: json["verify"]?.stringValue.flatMap { try? HTTPURL($0) })
  }

  /// Removes records of uploads that were never finished.
  private static func removeOld(in folder: String, now: Double) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(suffix) {
      let path = "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, now - Double(status.st_mtim.tv_sec) > 2 * secondsMaximum
      else { continue }
      unlink(path)
    }
  }
}
