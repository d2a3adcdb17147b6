import GenkiChain
import GenkiCore
import Testing

@Suite("SS58 addresses")
struct SS58AddressTests {
  @Test func everyValidAddressIsWrittenAndReadAsInTheReference() throws {
    let cases = try BittensorVectors.cases("ss58.json", "valid")
    #expect(cases.count == 8)
    for entry in cases {
      let text = try #require(entry["address"]?.stringValue)
      let format = UInt16(try #require(entry["format"]?.intValue))
      let key = BittensorVectors.bytes(entry["public"])
      let address = try SS58Address(publicKey: key, format: format)
      #expect(address.description == text)
      #expect(try SS58Address(parsing: text) == address)
      if format == SS58Address.bittensorFormat {
        #expect(try SS58Address.bittensor(text) == address)
      } else {
        #expect(throws: KeyError.addressFormat(text, format: format)) {
          try SS58Address.bittensor(text)
        }
      }
    }
  }

  @Test func everyInvalidAddressIsRefused() throws {
    let cases = try BittensorVectors.cases("ss58.json", "invalid")
    #expect(cases.count == 5)
    for entry in cases {
      let text = try #require(entry["address"]?.stringValue)
      #expect(throws: KeyError.self, "\(entry["why"]?.stringValue ?? "")") {
        try SS58Address(parsing: text)
      }
    }
  }

  @Test func everyFormatReadsBack() throws {
    let key = (0..<32).map { UInt8($0) }
    for format in UInt16(0)...SS58Address.formatMax where format < 300 || format % 97 == 0 {
      let address = try SS58Address(publicKey: key, format: format)
      #expect(try SS58Address(parsing: address.description) == address)
    }
    #expect(throws: KeyError.self) { try SS58Address(publicKey: key, format: 16384) }
    #expect(throws: KeyError.self) { try SS58Address(publicKey: Array(key.dropLast())) }
  }

  @Test func everySingleWrongCharacterIsNoticed() throws {
    let address = Array("5Dkniupom9VayfXwwwVMC5iw4CRKkF49VWPuapETCRBDMG4u")
    for place in address.indices {
      var changed = address
      changed[place] = changed[place] == "z" ? "y" : "z"
      #expect(throws: KeyError.self) { try SS58Address(parsing: String(changed)) }
    }
  }

  @Test(arguments: [0, 1, 2, 31, 128, 129, 1 << 20]) func noLengthOfNonsenseCrashes(count: Int) {
    for character in ["1", "z", "é", "\0"] {
      #expect(throws: KeyError.self) {
        try SS58Address(parsing: String(repeating: character, count: count))
      }
    }
  }
}
