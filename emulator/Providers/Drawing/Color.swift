/// A colour in linear steps of 0...1 for red, green and blue.
struct Color: Sendable, Hashable {
    var channels: SIMD4<Float>

    init(_ red: Float, _ green: Float, _ blue: Float) {
        channels = SIMD4(red, green, blue, 1)
    }

    /// A colour from hue (turns, 0...1), saturation and lightness (0...1).
    init(hue: Float, saturation: Float, lightness: Float) {
        func channel(_ offset: Float) -> Float {
            let k = (offset + hue * 12).truncatingRemainder(dividingBy: 12)
            let amplitude = saturation * min(lightness, 1 - lightness)
            return lightness - amplitude * max(-1, min(k - 3, 9 - k, 1))
        }
        self.init(channel(0), channel(8), channel(4))
    }

    private init(channels: SIMD4<Float>) {
        self.channels = channels
    }

    /// This colour with `amount` (0...1) of `other` mixed in.
    func mixed(with other: Color, _ amount: Float) -> Color {
        Color(channels: channels + (other.channels - channels) * amount)
    }

    /// This colour as 8-bit sRGB values.
    var bytes: (UInt8, UInt8, UInt8) {
        let scaled = (channels * 255).clamped(lowerBound: SIMD4(repeating: 0), upperBound: SIMD4(repeating: 255))
        return (UInt8(scaled.x), UInt8(scaled.y), UInt8(scaled.z))
    }
}
