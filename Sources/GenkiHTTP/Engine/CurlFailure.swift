import CCurl
import GenkiCore
import Glibc

/// libcurl's reason for ending a transfer, in our terms.
struct CurlFailure {
  var code: CURLcode
  /// Its own words; may be empty.
  var text: String
  /// `errno` of the failed connection, or 0.
  var systemCode: Int
  /// Whether the request, or a part of it, went out.
  var wasSent: Bool
  var received: Int

  func error(_ target: HTTPTarget) -> HTTPError {
    let reason = reason
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
      CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM, CURLE_SSL_INVALIDCERTSTATUS,
      CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
      return .tls(target: target, reason: reason)
    case CURLE_SSL_CONNECT_ERROR where systemCode == 0 && !wasSent:
      return .tls(target: target, reason: reason)
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING,
      CURLE_FILESIZE_EXCEEDED, CURLE_BAD_FUNCTION_ARGUMENT:
      return .badResponse(target: target, reason: reason)
    case CURLE_URL_MALFORMAT:
      return .badURL(url: "\(target)", reason: reason)
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT:
      return .badRequest(target: target, reason: reason)
    default:
      guard wasSent else { return .cannotConnect(target: target, reason: reason) }
      return .interrupted(target: target, received: received, reason: reason)
    }
  }

  private var reason: String {
    let words = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    let line = words.split { $0.isNewline }.joined(separator: " ")
    return String(line.quoted(limit: 200).dropFirst().dropLast())
  }
}
