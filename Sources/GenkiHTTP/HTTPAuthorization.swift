/// A secret that says who we are. It is sent to the origin of a request's own address only, and never
/// printed.
public struct HTTPAuthorization: Sendable, Hashable {
  /// The value of the `Authorization` header.
  let headerValue: String

  /// `Bearer` and a token; surrounding white space, such as a file's last line end, is dropped.
  public static func bearer(_ token: String) -> HTTPAuthorization {
    let blanks = token.drop { $0.isWhitespace }
    let end = blanks.lastIndex { !$0.isWhitespace }
    return HTTPAuthorization(headerValue: "Bearer " + (end.map { blanks[...$0] } ?? ""))
  }

  /// `Basic` with a user's name and password.
  public static func basic(user: String, password: String) -> HTTPAuthorization {
    HTTPAuthorization(headerValue: "Basic " + Base64.encoded(Array("\(user):\(password)".utf8)))
  }

  /// The header's whole value, as another service told it.
  public static func value(_ value: String) -> HTTPAuthorization {
    HTTPAuthorization(headerValue: value)
  }
}

extension HTTPAuthorization: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Nothing of the secret.
  public var description: String { "(secret)" }
  /// Nothing of the secret.
  public var debugDescription: String { description }
  /// Nothing of the secret.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Base 64 with padding (RFC 4648, 4).
private enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encoded(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for place in 0..<4 {
        let digit = alphabet[bits >> (18 - 6 * place) & 63]
        text.append(place <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
