import CCurl

/// How long a server wants us to wait.
public enum RetryAfter {
  private static let charactersMaximum = 256

  /// Seconds from now, from `Retry-After` (seconds or a date) or, where its quota is used up, from
  /// `RateLimit: "…";r=0;t=55`; nil if neither says.
  public static func seconds(in headers: HTTPHeaders, unixSeconds: Double) -> Double? {
    if let text = headers["Retry-After"], text.utf8.count <= charactersMaximum {
      if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
        return Double(text)
      }
      let date = curl_getdate(text, nil)
      if date >= 0 { return max(0, Double(date) - unixSeconds) }
    }
    guard let text = headers["RateLimit"], text.utf8.count <= charactersMaximum else { return nil }
    let parts = text.split(separator: ";").map { $0.filter { $0 != " " } }
    guard parts.contains("r=0"), let rest = parts.first(where: { $0.hasPrefix("t=") }),
      let seconds = UInt32(rest.dropFirst(2))
    else { return nil }
    // The quota is there again after that second.
    return Double(seconds) + 1
  }
}
