import GenkiFormats
import GenkiTensor

/// The weights of a model folder in one block of memory: matrices in the types of their files and turned
/// so that a row is what one output is made of, all else in float32.
final class DecodingWeights {
  let arena: Arena
  /// By the parameters' indexes; a vector is a matrix of one row.
  private(set) var matrices: [StoredMatrix] = []

  /// Reads every tensor once.
  init(_ files: ModelTensors) throws {
    let layout = files.layout
    let transposed = Set(layout.linears.filter(\.isTransposed).map(\.weight))
    func kind(_ parameter: Parameter) -> StoredKind {
      parameter.isMatrix ? StoredKind(files.type(of: parameter)) : .float32
    }
    arena = try Arena(
      byteCount: layout.parameters.reduce(0) {
        $0 + Arena.bytes($1.count * kind($1).size, of: UInt8.self)
      })
    for (index, parameter) in layout.parameters.enumerated() {
      let turned = transposed.contains(index)
      let name = files.name(of: parameter)
      let kind = kind(parameter)
      let memory: UnsafeMutableBufferPointer<UInt8> = arena.take(parameter.count * kind.size)
      guard let base = memory.baseAddress else { throw ModelError.empty(name) }
      let isStored = files.type(of: parameter).isWeightType && parameter.isMatrix
      if turned {
        try Self.readTransposed(name, of: files.set, parameter, kind, into: base)
      } else if isStored {
        try files.set.readStored(name, into: base)
      } else {
        try files.set.readFloats(
          name,
          into: UnsafeMutableRawPointer(base).bindMemory(to: Float.self, capacity: parameter.count))
      }
      let shape = parameter.isMatrix ? parameter.shape : [1, parameter.count]
      matrices.append(
        StoredMatrix(
          base: UnsafeRawPointer(base), kind: kind, outputs: shape[turned ? 1 : 0],
          inputs: shape[turned ? 0 : 1]))
    }
  }

  /// Reads [inputs, outputs] as [outputs, inputs].
  private static func readTransposed(
    _ name: String, of set: WeightSet, _ parameter: Parameter, _ kind: StoredKind,
    into out: UnsafeMutablePointer<UInt8>
  ) throws {
    let (inputs, outputs) = (parameter.shape[0], parameter.shape[1])
    func read<Element: BitwiseCopyable>(
      _ type: Element.Type, _ load: (Range<Int>, UnsafeMutablePointer<Element>) throws -> Void
    ) throws {
      let target = UnsafeMutableRawPointer(out).bindMemory(
        to: Element.self, capacity: inputs * outputs)
      try withUnsafeTemporaryAllocation(of: Element.self, capacity: stripRows * outputs) { strip in
        guard let strip = strip.baseAddress else { return }
        for first in stride(from: 0, to: inputs, by: stripRows) {
          let rows = min(stripRows, inputs - first)
          try load(first * outputs..<(first + rows) * outputs, strip)
          for column in 0..<outputs {
            let place = target + column * inputs + first
            for row in 0..<rows { place[row] = strip[row * outputs + column] }
          }
        }
      }
    }
    if kind == .float32 {
      try read(Float.self) { try set.readFloats(name, range: $0, into: $1) }
    } else {
      try read(UInt16.self) { try set.readStored(name, range: $0, into: $1) }
    }
  }

  /// Rows that are turned together: a line of memory's worth of outputs.
  private static let stripRows = 32
}
