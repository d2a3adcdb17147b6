import GenkiCore
import GenkiHTTP

/// How a hub wants a content to be stored.
enum LargeFileOffer {
  /// It is there already.
  case stored
  /// In one piece, at this address; then this one is asked whether it arrived.
  case whole(HTTPURL, verification: HTTPURL?)
  /// In parts.
  case parts(PartPlan)

  /// An offer that cannot be taken.
  struct Problem: Error {
    let reason: String
  }

  /// Reads the answer to a batch of one object.
  ///
  /// - Parameter shown: Makes of the hub's words what may be shown.
  init(
    _ json: JSONValue, digest: ContentDigest, bytes: Int, source: String,
    shown: (String) -> String
  ) throws {
    guard let objects = json["objects"]?.arrayValue,
      let object = objects.first(where: { $0["oid"]?.stringValue == digest.hex })
    else { throw Problem(reason: "the hub does not answer for it") }
    if let error = object["error"], !error.isNull {
      throw Problem(
        reason: "the hub refuses it with \(error["code"]?.intValue ?? 0)"
          + ": \(shown(error["message"]?.stringValue ?? "").quoted(limit: 300))")
    }
    guard let actions = object["actions"], !actions.isNull else {
      self = .stored
      return
    }
    guard let upload = actions["upload"], !upload.isNull else {
      guard actions.objectValue?.entries.isEmpty == true else {
        throw Problem(reason: "the hub offers no upload that this program knows")
      }
      self = .stored
      return
    }
    guard json["transfer"]?.stringValue != "xet" else {
      throw Problem(
        reason: "the hub insists on the transfer xet, which this program does not speak")
    }
    let address = try Self.address(upload["href"], of: "upload", source)
    let verify = actions["verify"]?["href"]
    let verification =
      try verify.flatMap { $0.isNull ? nil : try Self.address($0, of: "verify", source) }
    let header = upload["header"]?.objectValue?.entries ?? []
    guard let size = header.first(where: { $0.key == "chunk_size" })?.value else {
      self = .whole(address, verification: verification)
      return
    }
    self = .parts(
      try PartPlan(
        header: header, partSize: size, completion: address, verification: verification,
        bytes: bytes, source: source))
  }

  /// An address for bytes: https, or http where the hub itself is reached so.
  static func address(_ value: JSONValue?, of what: String, _ source: String) throws -> HTTPURL {
    guard let text = value?.stringValue, let url = try? HTTPURL(text) else {
      throw Problem(reason: "the hub's address for \(what) is none")
    }
    guard url.origin.scheme == .https || source.hasPrefix("http:") else {
      throw Problem(reason: "the hub's address for \(what) is not https")
    }
    return url
  }
}
