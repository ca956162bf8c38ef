/// What is known of a stored picture once all of it has been read.
package struct ImageMeasure: Sendable, Hashable {
    package var header: ImageHeader
    /// Bytes.
    package var size: Int64
    package var sha256: [UInt8]

    package init(header: ImageHeader, size: Int64, sha256: [UInt8]) {
        self.header = header
        self.size = size
        self.sha256 = sha256
    }
}
