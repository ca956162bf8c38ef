/// Bytes to and from a server without ever blocking; used by one thread.
protocol Transport: AnyObject {
    /// The socket, for poll(2).
    var descriptor: Int32 { get }

    /// Reads what is there: the number of bytes, or nil when there is nothing now.
    /// - Throws: `RedisError.connectionLost` when the server closed or the connection broke.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RedisError) -> Int?

    /// Writes what fits: the number of bytes, or nil when nothing fits now.
    /// - Throws: `RedisError.connectionLost` when the connection broke.
    func write(_ bytes: UnsafeRawBufferPointer) throws(RedisError) -> Int?
}
