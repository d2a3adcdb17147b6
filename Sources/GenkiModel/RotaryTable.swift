import Foundation
import GenkiFormats

/// Cosines and sines of the rotary angles, [positions, headSize / 2] each.
struct RotaryTable: Sendable {
  let cosine: [Float]
  let sine: [Float]

  /// Frequencies theta^(−2i/headSize) (Su 2021, arXiv 2104.09864), stretched for long contexts as
  /// Llama 3 does: wavelengths beyond original/low turn `factor` times slower, those below
  /// original/high stay, and between them the two are blended.
  init(theta: Double, scaling: ModelConfiguration.RopeScaling, headSize: Int, positions: Int) {
    let half = headSize / 2
    var frequencies: [Float] = (0..<half).map { index in
      1 / Float(pow(theta, Double(2 * index) / Double(headSize)))
    }
    if case .llama3(let factor, let low, let high, let original) = scaling {
      frequencies = frequencies.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength > Float(original) / Float(low) { return frequency / Float(factor) }
        if wavelength < Float(original) / Float(high) { return frequency }
        let smooth = (Float(original) / wavelength - Float(low)) / Float(high - low)
        return (1 - smooth) * frequency / Float(factor) + smooth * frequency
      }
    }
    var cosine = [Float](repeating: 0, count: positions * half)
    var sine = cosine
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosine[position * half + index] = Float(cos(angle))
        sine[position * half + index] = Float(sin(angle))
      }
    }
    self.cosine = cosine
    self.sine = sine
  }
}
