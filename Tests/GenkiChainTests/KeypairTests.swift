import GenkiChain
import GenkiCore
import Testing

@Suite("Keys")
struct KeypairTests {
  @Test func everySeedGivesTheReferenceKeysAndAddress() throws {
    let cases = try BittensorVectors.cases("sr25519.json", "seeds")
    #expect(cases.count == 10)
    for entry in cases {
      let seed = SecretBytes(copying: BittensorVectors.bytes(entry["seed"]))
      let keypair = try Keypair(seed: seed)
      #expect(keypair.publicKey == BittensorVectors.bytes(entry["public"]))
      #expect(keypair.privateKey.array == BittensorVectors.bytes(entry["secret64"]))
      #expect(try keypair.address.description == entry["ss58"]?.stringValue)
      let again = try Keypair(privateKey: keypair.privateKey)
      #expect(again.publicKey == keypair.publicKey)
    }
  }

  @Test func everyMnemonicGivesTheReferenceSeedAndKeys() throws {
    let cases = try BittensorVectors.cases("sr25519.json", "mnemonics")
    #expect(cases.count == 12)
    for entry in cases {
      let phrase = try #require(entry["mnemonic"]?.stringValue)
      let password = try #require(entry["password"]?.stringValue)
      let mnemonic = try Mnemonic(parsing: phrase)
      let seed = try mnemonic.seed(password: password)
      #expect(seed.array == BittensorVectors.bytes(entry["mini_secret"]))
      #expect(try Keypair(seed: seed).publicKey == BittensorVectors.bytes(entry["public"]))
      #expect(mnemonic.phrase == phrase)
      if entry["entropy"]?.stringValue != nil {
        #expect(mnemonic.entropy.array == BittensorVectors.bytes(entry["entropy"]))
      }
    }
  }

  @Test(arguments: Mnemonic.wordCounts) func aFreshPhraseReadsBack(wordCount: Int) throws {
    let mnemonic = try Mnemonic.generate(wordCount: wordCount)
    #expect(mnemonic.phrase.split(separator: " ").count == wordCount)
    let read = try Mnemonic(parsing: "  \(mnemonic.phrase)\n")
    #expect(read.entropy.isEqual(to: mnemonic.entropy))
    #expect(try Mnemonic.generate(wordCount: wordCount).phrase != mnemonic.phrase)
  }

  @Test(arguments: [
    ("", KeyError.mnemonicLength(words: 0)),
    ("bottom drive obey", .mnemonicLength(words: 3)),
    (
      "bottom drive obey lake curtain smoke basket hold race lonely fit", .mnemonicLength(words: 11)
    ),
    (
      "bottom drive obey lake curtain smoke basket hold race lonely fit wolk",
      .mnemonicWord(position: 12)
    ),
    (
      "Bottom drive obey lake curtain smoke basket hold race lonely fit walk",
      .mnemonicWord(position: 1)
    ),
    (
      "drive bottom obey lake curtain smoke basket hold race lonely fit walk", .mnemonicChecksum
    ),
  ]) func aWrongPhraseIsRefused(phrase: String, expected: KeyError) {
    #expect(throws: expected) { try Mnemonic(parsing: phrase) }
  }

  @Test func anErrorNeverRepeatsSecretWords() {
    let phrase = "bottom drive obey lake curtain smoke basket hold race lonely fit secretly"
    do {
      _ = try Mnemonic(parsing: phrase)
      Issue.record("the phrase was accepted")
    } catch {
      for word in phrase.split(separator: " ") where word.count > 4 {
        #expect(!"\(error)".contains(word))
      }
    }
  }

  @Test func keysOfWrongLengthAreRefused() {
    #expect(throws: KeyError.length(of: "seed", bytes: 31, expected: 32)) {
      try Keypair(seed: SecretBytes(copying: [UInt8](repeating: 1, count: 31)))
    }
    #expect(throws: KeyError.length(of: "private key", bytes: 65, expected: 64)) {
      try Keypair(privateKey: SecretBytes(copying: [UInt8](repeating: 1, count: 65)))
    }
    #expect(throws: KeyError.invalidPrivateKey) {
      try Keypair(privateKey: SecretBytes(copying: [UInt8](repeating: 0, count: 64)))
    }
    #expect(throws: KeyError.entropyLength(bytes: 18)) {
      try Mnemonic(entropy: SecretBytes(copying: [UInt8](repeating: 0, count: 18)))
    }
  }
}
