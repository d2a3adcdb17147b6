import GenkiCore
import GenkiHTTP

/// Collects the pages of a listing; hostile.
struct TreePages {
  /// Pages of a listing, whatever they hold.
  static let pagesMaximum = 8
  /// Bytes of a page: twice what a thousand files of ordinary names take. Hundreds may be read at once.
  static let pageBytesMaximum = 1 << 20
  /// A thousand files have about twelve values each.
  private static let jsonLimits = JSONLimits(depth: 8, bytes: pageBytesMaximum, values: 1 << 15)

  let repository: RepositoryID
  let revision: Revision
  let entriesMaximum: Int
  private(set) var entries: [HubEntry] = []
  private var pages = 0

  init(repository: RepositoryID, revision: Revision, entriesMaximum: Int) {
    self.repository = repository
    self.revision = revision
    self.entriesMaximum = entriesMaximum
  }

  /// Takes a page and gives the address of the next one; nil if there is none, or enough is known.
  mutating func take(_ response: HTTPResponse, api: HubAPI) throws -> HTTPURL? {
    pages += 1
    guard let list = try api.json(response, limits: Self.jsonLimits).arrayValue else {
      throw api.unreachable("a listing is no list")
    }
    for item in list {
      if item["type"]?.stringValue == "directory" { continue }
      entries.append(try entry(item))
      if entries.count >= entriesMaximum { return nil }
    }
    let link = response.headers["Link"] ?? ""
    let found: HTTPURL?
    do {
      found = try Self.next(link, response.url)
    } catch {
      throw invalid("its listing goes on at an address that cannot be used")
    }
    guard let next = found else { return nil }
    guard next.origin == api.origin else {
      throw invalid("its listing goes on at another host")
    }
    guard pages < Self.pagesMaximum else {
      throw invalid("its listing has more than \(Self.pagesMaximum) pages")
    }
    return next
  }

  private func entry(_ item: JSONValue) throws(HubError) -> HubEntry {
    guard let name = item["path"]?.stringValue, let bytes = item["size"]?.intValue else {
      throw invalid("its listing has an entry without path or size")
    }
    guard name.utf8.count <= 4_096 else { throw invalid("its listing has a name without end") }
    guard (0...HubLimits.fileBytesMaximum).contains(bytes) else {
      throw invalid("its listing says that \(name.quoted()) has \(bytes) bytes")
    }
    switch item["lfs"] {
    case nil, .null:
      guard let blob = item["oid"]?.stringValue.flatMap({ GitBlobID(hex: $0) }) else {
        throw invalid("its listing has no hash of \(name.quoted())")
      }
      return HubEntry(name: name, bytes: bytes, digest: nil, gitBlob: blob)
    case let lfs?:
      let text = (lfs["oid"] ?? lfs["sha256"])?.stringValue
      guard let digest = text.flatMap({ ContentDigest(hex: $0) }),
        (lfs["size"]?.intValue ?? bytes) == bytes
      else { throw invalid("its listing has no hash of \(name.quoted())") }
      return HubEntry(name: name, bytes: bytes, digest: digest)
    }
  }

  private func invalid(_ reason: String) -> HubError {
    .invalid(repository: repository.description, reason: reason)
  }

  /// The address of `<…>; rel="next"` in a `Link` header (RFC 8288).
  static func next(_ header: String, _ base: HTTPURL) throws -> HTTPURL? {
    for link in header.split(separator: ",") {
      let parts = link.split(separator: ";").map { $0.trimmingBlanks }
      guard let target = parts.first, target.hasPrefix("<"), target.hasSuffix(">"),
        parts.dropFirst().contains(where: { $0 == "rel=\"next\"" || $0 == "rel=next" })
      else { continue }
      return try base.resolving(String(target.dropFirst().dropLast()))
    }
    return nil
  }
}

extension Substring {
  fileprivate var trimmingBlanks: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    let end = start.lastIndex { $0 != " " && $0 != "\t" }
    return end.map { start[...$0] } ?? ""
  }
}
