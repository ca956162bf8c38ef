/// How coarsely each frequency is kept (ITU-T T.81, annex K.1), row by row.
struct JPEGTable {
    private let steps: [Float]

    static let luminance = Self(steps: [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ])

    static let chrominance = Self(steps: [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
    ])

    /// The order in which frequencies are written: from the low ones to the high ones.
    static let zigzag: [Int] = (0..<15).flatMap { diagonal -> [Int] in
        let places = (max(0, diagonal - 7)...min(diagonal, 7)).map { $0 * 8 + diagonal - $0 }
        return diagonal.isMultiple(of: 2) ? places.reversed() : places
    }

    /// The steps for a quality of 1...100, as the Independent JPEG Group's encoder scales them.
    func scaled(_ quality: Int) -> [Float] {
        let quality = Float(min(max(quality, 1), 100))
        let percent = quality < 50 ? 5000 / quality : 200 - 2 * quality
        return steps.map { min(max(($0 * percent / 100).rounded(), 1), 255) }
    }
}
