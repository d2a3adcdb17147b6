/// Takes decisions and pieces off the front of an input; zeros and nothing follow its end.
struct FuzzInput {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  mutating func byte() -> UInt8 {
    guard place < bytes.count else { return 0 }
    defer { place += 1 }
    return bytes[place]
  }

  /// A number below a limit of at most 65,536.
  mutating func number(below limit: Int) -> Int {
    let low = Int(byte())
    let number = limit > 256 ? low | Int(byte()) << 8 : low
    return number % max(limit, 1)
  }

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(place + count, bytes.count)
    defer { place = end }
    return Array(bytes[place..<end])
  }

  /// Bytes with their count, of at most two bytes, in front.
  mutating func piece() -> [UInt8] {
    let first = byte()
    return take(first < 0xF0 ? Int(first) : Int(first & 0x0F) << 8 | Int(byte()))
  }

  mutating func rest() -> [UInt8] { take(bytes.count - place) }
}

/// Makes bytes of a type out of an input: what mutation alone would seldom hit.
struct ValueMaker {
  let types: TypeRegistry
  private var itemsLeft = 600

  init(_ types: TypeRegistry) { self.types = types }

  mutating func bytes(of type: TypeID, from input: inout FuzzInput) -> [UInt8] {
    var writer = ScaleWriter()
    write(type, &input, &writer, depth: 0)
    return writer.bytes
  }

  private mutating func write(
    _ type: TypeID, _ input: inout FuzzInput, _ writer: inout ScaleWriter, depth: Int
  ) {
    itemsLeft -= 1
    guard itemsLeft > 0, depth < 40, let definition = try? types[type] else { return }
    switch definition.shape {
    case .primitive(let primitive):
      switch primitive {
      case .bool: writer.append(bool: input.byte() & 1 == 1)
      case .str: writer.append(counted: input.piece())
      case .char, .u32, .i32: number(4, &input, &writer)
      case .u8, .i8: writer.append([input.byte()])
      case .u16, .i16: number(2, &input, &writer)
      case .u64, .i64: number(8, &input, &writer)
      case .u128, .i128: number(16, &input, &writer)
      case .u256, .i256: number(32, &input, &writer)
      }
    case .composite(let fields):
      for field in fields { write(field.type, &input, &writer, depth: depth + 1) }
    case .tuple(let ids): for id in ids { write(id, &input, &writer, depth: depth + 1) }
    case .variant(let variants):
      guard !variants.isEmpty else { return }
      let variant = variants[input.number(below: variants.count)]
      writer.append([variant.index])
      for field in variant.fields { write(field.type, &input, &writer, depth: depth + 1) }
    case .sequence(let inner):
      if case .primitive(.u8)? = try? types[inner].shape {
        writer.append(counted: input.piece())
      } else {
        let count = input.number(below: 6)
        writer.append(count: count)
        for _ in 0..<count { write(inner, &input, &writer, depth: depth + 1) }
      }
    case .array(let count, let inner):
      if case .primitive(.u8)? = try? types[inner].shape {
        number(min(count, 256), &input, &writer)
      } else {
        for _ in 0..<min(count, 32) { write(inner, &input, &writer, depth: depth + 1) }
      }
    case .compact:
      var number: UInt128 = 0
      for byte in input.take(Int(input.byte() % 17)) { number = number << 8 | UInt128(byte) }
      writer.append(compact: number)
    case .bitSequence:
      let piece = input.take(Int(input.byte() % 16))
      writer.append(compact: UInt128(8 * piece.count))
      writer.append(piece)
    }
  }

  /// Small, large or any bytes: numbers at their ends are where sums overflow.
  private func number(_ count: Int, _ input: inout FuzzInput, _ writer: inout ScaleWriter) {
    let choice = input.byte()
    switch choice {
    case 0..<100: writer.append([choice] + [UInt8](repeating: 0, count: count - min(count, 1)))
    case 100..<140: writer.append([UInt8](repeating: 255, count: count))
    case 140..<160: writer.append([254] + [UInt8](repeating: 255, count: count - min(count, 1)))
    case 160..<200: writer.append([UInt8](repeating: choice, count: count))
    default:
      let taken = input.take(count)
      writer.append(taken + [UInt8](repeating: 0, count: count - taken.count))
    }
  }
}
