/// What the texts of tokens become when ids are decoded: the file's `decoder`.
enum DecodingRules: Sendable, Equatable {
  /// Tokens are bytes, which are read as UTF-8 together.
  case bytes
  /// Tokens are texts.
  case characters(Characters)

  /// The steps of Replace, ByteFallback, Fuse and Strip, or of Metaspace.
  struct Characters: Sendable, Equatable {
    struct Replacement: Sendable, Equatable {
      var pattern: [UInt8]
      var content: [UInt8]
    }

    /// Carried out in each token.
    var replacements: [Replacement] = []
    /// Tokens like `<0x0A>` are bytes: a run of them is UTF-8, or one U+FFFD for each if it is not.
    var readsBytes = false
    /// So many blanks at the beginning of the whole text are left out.
    var stripsBlanks = 0
    /// The first token loses every U+2581.
    var dropsMetaspacesAtStart = false
  }
}
