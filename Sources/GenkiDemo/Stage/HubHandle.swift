import GenkiHTTP
import GenkiHub

/// A stage's hub, which may be opened in the name of any account.
package enum HubHandle: Sendable {
  /// A folder: whoever can read it can act as anybody.
  case folder(path: String)
  /// A server, with the token of each account.
  case server(endpoint: String, tokens: [String: String])

  /// The hub as an account sees it.
  package func open(_ account: String) throws -> any Hub {
    switch self {
    case .folder(let path): return try DirectoryHub(path: path, account: account)
    case .server(let endpoint, let tokens):
      return try HuggingFaceHub(
        HuggingFaceSettings(
          endpoint: endpoint, account: account, token: tokens[account].map { .bearer($0) }),
        client: HTTPClient())
    }
  }
}
