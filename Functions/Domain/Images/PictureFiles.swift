/// Where the bytes of pictures are: the object store, or a dictionary in tests.
package protocol PictureFiles: Sendable {
    /// A whole file.
    ///
    /// - Throws: when it is not there, has more than `limit` bytes, or the store does not answer.
    func read(_ key: String, upTo limit: Int) async throws -> [UInt8]

    /// Stores a file; one of that key is replaced.
    func write(_ key: String, _ bytes: [UInt8], format: ImageFormat) async throws

    /// Removes a file; one that is not there is none.
    func remove(_ key: String) async throws
}
