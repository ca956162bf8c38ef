/// Pixels in rows, three bytes each: red, green, blue.
struct Bitmap: Sendable {
    let width: Int
    let height: Int
    var pixels: [UInt8]

    init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height * 3)
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Draws every pixel by asking for its row once and then for each column of it.
    init(width: Int, height: Int, row: (Int) -> (Int) -> Color) {
        self.width = width
        self.height = height
        pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, count in
            var index = 0
            for y in 0..<height {
                let color = row(y)
                for x in 0..<width {
                    (buffer[index], buffer[index + 1], buffer[index + 2]) = color(x).bytes
                    index += 3
                }
            }
            count = index
        }
    }

    subscript(x: Int, y: Int) -> Color {
        get {
            let index = (y * width + x) * 3
            return Color(Float(pixels[index]) / 255, Float(pixels[index + 1]) / 255, Float(pixels[index + 2]) / 255)
        }
        set {
            let index = (y * width + x) * 3
            (pixels[index], pixels[index + 1], pixels[index + 2]) = newValue.bytes
        }
    }
}
