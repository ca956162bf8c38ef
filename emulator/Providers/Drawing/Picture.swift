#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a stand-in draws in place of a model: hills before an evening sky, decided wholly by prompt, seed, size and input image.
struct Picture: Sendable, Hashable {
    var prompt: String
    var seed: Int
    /// Pixels, 16...2048.
    var width: Int
    /// Pixels, 16...2048.
    var height: Int
    /// The encoded input image, when the request brought one: a PNG shows through the sky, any other format picks the colours.
    var input: [UInt8]?

    /// The picture as a PNG file.
    func png() -> [UInt8] { encoded(.png) }

    /// The picture as a file.
    ///
    /// - Parameter quality: 1...100, for formats that lose something.
    func encoded(_ format: PictureFormat, quality: Int = 90) -> [UInt8] {
        var bitmap = Landscape(self).bitmap()
        Stamp.mark(&bitmap)
        return switch format {
        case .png: PNG.encode(bitmap)
        case .jpeg: JPEG.encode(bitmap, quality: quality)
        }
    }

    /// The digest everything in the picture is derived from.
    var digest: UInt64 {
        var digest = RandomSource.digest(prompt.utf8) ^ UInt64(bitPattern: Int64(seed)) &* 0x9e37_79b9_7f4a_7c15
        if let input { digest ^= RandomSource.digest(input) }
        return digest
    }
}

/// Sky, sun and five ridges, one behind the other.
private struct Landscape {
    private struct Ridge {
        let color: Color
        /// The ridge's upper edge, in pixels from the top, for each column.
        let edge: [Float]
    }

    private let picture: Picture
    private let zenith: Color
    private let horizon: Color
    private let sun: (x: Float, y: Float, radius: Float, color: Color)
    private let ridges: [Ridge]
    private let backdrop: Bitmap?

    init(_ picture: Picture) {
        self.picture = picture
        var random = RandomSource(seed: picture.digest)
        let hue = random.number(in: 0...1)
        let step = random.number(in: 0.05...0.2) * (random.next() & 1 == 0 ? 1 : -1)
        func turn(_ value: Float) -> Float { value - value.rounded(.down) }
        zenith = Color(hue: turn(hue), saturation: 0.55, lightness: random.number(in: 0.18...0.4))
        horizon = Color(hue: turn(hue + step), saturation: 0.8, lightness: random.number(in: 0.68...0.82))
        let (width, height) = (Float(picture.width), Float(picture.height))
        sun = (
            width * random.number(in: 0.2...0.8), height * random.number(in: 0.22...0.5),
            min(width, height) * random.number(in: 0.05...0.11), Color(1, 0.96, 0.86)
        )
        let dark = Color(hue: turn(hue + step * 2), saturation: 0.5, lightness: 0.1)
        var layers: [Ridge] = []
        for layer in 0..<5 {
            let depth = Float(layer) / 4
            let base = height * (0.5 + 0.42 * depth)
            let waves = (0..<5).map { octave in
                (
                    amplitude: height * 0.07 / Float(1 << octave) * random.number(in: 0.6...1.3),
                    frequency: random.number(in: 1.5...3.5) * Float(1 << octave) * .pi / width,
                    phase: random.number(in: 0...(2 * .pi))
                )
            }
            let edge = (0..<picture.width).map { x in
                waves.reduce(base) { $0 - $1.amplitude * sinf(Float(x) * $1.frequency + $1.phase) }
            }
            layers.append(Ridge(color: horizon.mixed(with: dark, 0.25 + 0.75 * depth), edge: edge))
        }
        ridges = layers
        backdrop = picture.input.flatMap { PNG.decode($0) }
    }

    func bitmap() -> Bitmap {
        let height = Float(picture.height)
        return Bitmap(width: picture.width, height: picture.height) { row in
            let y = Float(row)
            let sky = zenith.mixed(with: horizon, min(1, y / (height * 0.75)))
            let haze = 0.12 * y / height
            return { column in
                for ridge in ridges.reversed() where y >= ridge.edge[column] {
                    let fall = min(1, (y - ridge.edge[column]) / (height * 0.3))
                    return ridge.color.mixed(with: horizon, (1 - fall) * 0.1 + haze * (1 - fall))
                }
                return skyColor(sky, column, row)
            }
        }
    }

    private func skyColor(_ sky: Color, _ column: Int, _ row: Int) -> Color {
        var color = sky
        if let backdrop {
            let shown = backdrop[column * backdrop.width / picture.width, row * backdrop.height / picture.height]
            color = color.mixed(with: shown, 0.6)
        }
        let (dx, dy) = (Float(column) - sun.x, Float(row) - sun.y)
        let distance = (dx * dx + dy * dy).squareRoot() / sun.radius
        if distance < 1 { return color.mixed(with: sun.color, 0.95) }
        return distance < 6
            ? color.mixed(with: sun.color, 0.5 * (1 - (distance - 1) / 5) * (1 - (distance - 1) / 5)) : color
    }
}
